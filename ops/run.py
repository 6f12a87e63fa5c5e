"""`make run`: start the four processes, say where they are, and stop them together."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from types import FrameType

from .console import say
from .settings import Layout, read_layout
from .stack import Stack


def run() -> int:
    """Run until Ctrl-C or a stop signal; then stop everything."""
    layout = read_layout()
    stack = Stack(layout)
    # A shell starts background commands with the interrupt ignored, so it is set here too.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        say("Starting Svar (the bot needs about half a minute)")
        stack.start()
        stack.wait_ready(tell=say)
        _welcome(layout)
        stack.wait()
        print("The process manager has ended; see var/log/supervisord.log", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopping …")
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.stop()
        say("Svar has stopped.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _welcome(layout: Layout) -> None:
    url = layout.environment.get("SVAR_PUBLIC_URL", layout.addresses["gateway"].url)
    say("\nSvar is running.")
    say(f"  Ekhamn   (Swedish)    {url}/demo/ekhamn/")
    say(f"  Fjordvik (Norwegian)  {url}/demo/fjordvik/")
    say(f"  Operators' desk       {url}/desk")
    say(f"  Editors' page         {url}/editor")
    say(f"  The API, described    {url}/api/openapi.json")
    accounts = Path(layout.var) / "demo-accounts.json"
    if accounts.exists():
        say(f"\nDemo accounts (kept in {accounts}):")
        for email, password in json.loads(accounts.read_text()).items():
            say(f"  {email:28} {password}")
    say("\nCtrl-C stops everything.")
