"""kill -9 at any moment of a publication."""

import multiprocessing
import random
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from knowledge.indexing.files import Versions
from knowledge.indexing.index import MunicipalityIndex
from tests.knowledge.killed import articles, editions, publish
from tests.knowledge.toys import CountingEncoder, vocabulary

KILLS = 50
PACE = 5


def test_a_snapshot_survives_being_killed(tmp_path: Path) -> None:
    """It is always there, of one edition, the last or the one before; nothing piles up beside it.

    Nothing of it is embedded again, and the next process goes on where the last one ended.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.knowledge.killed"])
    draw = random.Random(9)
    reached: set[int] = set()

    def start(folder: Path) -> tuple[Any, Connection]:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=publish, args=(folder, sending))
        process.start()
        sending.close()
        return process, receiving

    # How long a publication takes depends on the machine and on what else it does.
    process, told = start(tmp_path / "pace")
    told.recv()
    began = time.perf_counter()
    for _ in range(PACE):
        told.recv()
    pace = (time.perf_counter() - began) / PACE
    process.kill()
    process.join()

    folder = tmp_path / "m"
    for _ in range(KILLS):
        process, told = start(folder)
        first = last = told.recv()
        time.sleep(draw.uniform(0, 2 * pace))
        process.kill()
        process.join()
        with suppress(EOFError):
            while True:
                last = told.recv()

        index = MunicipalityIndex.load(folder, "toy")
        if index is None:
            assert (1, 1) == (first, last), "a complete snapshot is gone"
            continue
        (edition,) = map(int, editions(index))
        assert edition in (last - 1, last)
        reached.add(last - edition)
        encoder = CountingEncoder()
        same, _ = index.refreshed(articles(edition), encoder)
        assert same is index
        built = MunicipalityIndex.build("m", index.chunks, CountingEncoder())
        assert list(built.chunks) == list(index.chunks)
        assert vocabulary(built) == vocabulary(index)
        assert (built.passages.vectors == index.passages.vectors).all()
        assert [] == encoder.passages + encoder.queries
        beside = {path.name for path in folder.iterdir()}
        assert len(beside) <= 5, beside
    Versions(folder).tidy()
    assert 3 == len(list(folder.iterdir()))
    assert {0, 1} == reached
