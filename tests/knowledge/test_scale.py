"""The benchmark itself, at a size that takes no time."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from knowledge.articles.importer import article_of, read_seed
from knowledge.evaluation import scale
from knowledge.evaluation.scale import NoisyEncoder, measured
from knowledge.evaluation.scale_plot import PANELS, plot
from tests.knowledge.toys import CountingEncoder


def test_every_figure_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a few small municipalities, searched in a process of its own."""
    monkeypatch.setattr(scale, "MUNICIPALITIES", 3)
    originals = [article_of(seed) for seed in read_seed(scale.SEED)][:6]
    found = measured(originals, NoisyEncoder(CountingEncoder()), 60, tmp_path)
    assert (3, True) == (found.municipalities, 60 <= found.chunks < 120)
    assert 0.95 < found.recall <= 1
    assert 0 < found.search_p50_ms <= found.search_p95_ms
    assert 0 < found.anonymous_mb < found.resident_mb
    assert 0 < found.visible_seconds < found.saved_seconds


def test_copies_have_other_words_and_the_originals_vectors() -> None:
    """An encoder is asked for the originals only."""
    toy = CountingEncoder()
    encoder = NoisyEncoder(toy)
    first, second = encoder.encode_passages(["Avgiften för sopor", "Avgiftenord17 för sopor"])
    assert ["Avgiften för sopor"] == toy.passages
    assert 0.8 < float(first.vector @ second.vector) < 0.999


def test_the_plot_has_a_panel_for_each_figure() -> None:
    """Well-formed, with a point for each size."""
    names = [name for name, _, _ in PANELS]
    figures = [{"chunks": 10.0**power, **dict.fromkeys(names, 1.0)} for power in (4, 5, 6)]
    drawn = ElementTree.fromstring(plot(figures))
    assert 3 * len(PANELS) == len(drawn.findall(".//{*}circle"))
