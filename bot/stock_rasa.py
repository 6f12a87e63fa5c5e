"""The same bot as Rasa ships it, to measure ours against: its own validation of every action.

Run by `python -m ops measure` in the bot's environment; takes Rasa's own command line. The
second encoding comes from a knowledge process whose cache of query embeddings holds nothing.
"""

from __future__ import annotations

import sys

from rasa.__main__ import main

from bot.components import remote_actions


def leave_as_shipped() -> None:
    """What the channel calls to put our validation in place of Rasa's: here, nothing."""


if __name__ == "__main__":
    remote_actions.install = leave_as_shipped
    sys.exit(main())
