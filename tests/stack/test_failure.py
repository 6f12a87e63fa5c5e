"""One of the inner processes is gone: the resident is told honestly, and all comes back."""

import time

import pytest

QUESTION = "vad kostar förskolan"


@pytest.mark.parametrize("process", ["actions", "bot", "knowledge"])
def test_a_stopped_process_is_admitted_and_survived(svar, process: str) -> None:
    """Within five seconds an honest sentence and the offer of a person; the message is kept."""
    talk = svar.converse("ekhamn", "sv")
    svar.stack.stop_process(process)
    try:
        started = time.monotonic()
        posted = talk.post(QUESTION)
        assert time.monotonic() - started < 5
        assert 200 == posted.status, posted.body
        reply = posted.body["messages"][-1]
        assert ("system", "error") == (reply["author"], reply["answer"]["status"])
        person = [choice for choice in reply["choices"] if choice["action"] == "handoff"]
        assert 1 == len(person)
        assert QUESTION in [message["text"] for message in talk.messages()]
        waiting = svar.converse("ekhamn", "sv")
        waiting.post(QUESTION)
        assert "waiting" == waiting.post(person[0]["text"]).body["status"]
    finally:
        svar.stack.start_process(process)
        svar.stack.wait_ready()
    reply = talk.post(QUESTION).body["messages"][-1]
    assert "answered" == reply["answer"]["status"]


def test_a_killed_process_comes_back_by_itself(svar) -> None:
    """The manager starts again what dies, and the conversation goes on."""
    import os
    import signal

    talk = svar.converse("ekhamn", "sv")
    before = svar.stack.pid("knowledge")
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while svar.stack.pid("knowledge") in {0, before} and time.monotonic() < deadline:
        time.sleep(0.1)
    svar.stack.wait_ready()
    assert "answered" == talk.post(QUESTION).body["messages"][-1]["answer"]["status"]


def test_a_hanging_process_is_admitted_within_five_seconds(svar) -> None:
    """A process that answers nothing at all is as bad as one that is gone."""
    import os
    import signal

    talk = svar.converse("ekhamn", "sv")
    pid = svar.stack.pid("bot")
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        reply = talk.post(QUESTION).body["messages"][-1]
        assert time.monotonic() - started < 5
        assert "error" == reply["answer"]["status"]
    finally:
        os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        reply = talk.post(QUESTION).body["messages"][-1]
        if reply["answer"]["status"] == "answered":
            break
    assert "answered" == reply["answer"]["status"]
