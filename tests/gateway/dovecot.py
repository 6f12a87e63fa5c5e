"""A real IMAP server for the tests: Dovecot with one mailbox, on a port and in a folder of its own.

`make test` installs it; without it these tests fail instead of being skipped, so that nobody
takes them for passed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imap_tools import BaseMailBox, MailBoxUnencrypted, MailMessageFlags

from tests.gateway.certificates import Certificate
from tests.gateway.smtp_server import free_port

USER, PASSWORD = "svar", "a-secret"
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
{ssl}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
first_valid_uid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class MailServer:
    """Where the mailbox is."""

    port: int
    tls_port: int

    @contextmanager
    def open(self) -> Iterator[BaseMailBox]:
        """Look into the mailbox as a person does."""
        with MailBoxUnencrypted("127.0.0.1", self.port, timeout=5).login(USER, PASSWORD) as box:
            yield box

    def deliver(self, mail: bytes) -> None:
        """Put a mail into the mailbox."""
        with self.open() as box:
            box.append(mail, "INBOX")

    def left(self) -> list[tuple[str, bool]]:
        """Give the subject of every mail that is still there, and whether it is flagged."""
        with self.open() as box:
            return [
                (mail.subject, MailMessageFlags.FLAGGED in mail.flags)
                for mail in box.fetch(mark_seen=False)
            ]

    def empty(self) -> None:
        """Delete every mail."""
        with self.open() as box:
            box.delete(box.uids())


@contextmanager
def dovecot(certificate: Certificate | None = None) -> Iterator[MailServer]:
    """Start the server, with TLS if it has a certificate; it is gone afterwards."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "Dovecot is missing: apt-get install dovecot-imapd, or make test as root"
    folder = Path(tempfile.mkdtemp(prefix="svar-imap-"))
    try:
        port, tls_port = free_port(), free_port() if certificate else 0
        root = os.geteuid() == 0
        # It refuses to read mail as root.
        me = pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam("nobody") if root else me
        (folder / "home").mkdir()
        if root:
            folder.chmod(0o755)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            os.chown(folder / "home", owner.pw_uid, owner.pw_gid)
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                port=port,
                tls_port=tls_port,
                ssl=_ssl(folder, certificate),
                password=PASSWORD,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                internal="dovecot" if root else me.pw_name,
                internal_group="dovecot" if root else me.pw_gid,
                login="dovenull" if root else me.pw_name,
            ),
            "utf-8",
        )
        process = subprocess.Popen(
            [program, "-F", "-c", str(folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            _wait(process, port, folder)
            yield MailServer(port, tls_port)
        finally:
            process.terminate()
            process.communicate(timeout=10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ssl(folder: Path, certificate: Certificate | None) -> str:
    if certificate is None:
        return "ssl = no"
    # Beside its configuration, where whoever it runs as may read them.
    copies = {"cert": certificate.certificate, "key": certificate.key}
    for name, file in copies.items():
        shutil.copy(file, folder / name)
    return f"ssl = yes\nssl_cert = <{folder}/cert\nssl_key = <{folder}/key"


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Dovecot ended: {process.communicate()[1].decode()}")
        try:
            with MailBoxUnencrypted("127.0.0.1", port, timeout=5).login(USER, PASSWORD):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Dovecot does not answer: {(folder / 'log').read_text()}")
