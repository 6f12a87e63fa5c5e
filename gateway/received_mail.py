"""Received mails as what they say: whose case, the new words without the quoted ones, attachments.

Only what was newly written is taken. Machines' answers and bounces are told from people's mails.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import nh3

from gateway.case_receiving import LONGEST_MAIL, Incoming
from gateway.cases import REFERENCE

MOST_ATTACHMENTS = 20
MOST_REFERENCES = 20
LONGEST_NAME = 80
LONGEST_LINE = 1000
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,120}@[!-;=?A-~]{1,120}>")
_HALVES = re.compile("[\ud800-\udfff]")
"""What is left of bytes in no known character set; no database takes them."""
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|noreply)@", re.IGNORECASE)
_AWAY = re.compile(
    r"^\s*(?:automatiskt? svar|autosvar|automatic reply|out of office|frånvarande"
    r"|ute fra kontoret|ute frå kontoret)\s*:",
    re.IGNORECASE,
)
"""Above what programs answer for people who are away, where they don't say so in a header."""
_OURS = re.compile(rf"<{REFERENCE.pattern}\.\d+@")
"""A mail about a case that came back to its own sender."""
_DECODED_AS = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    # No mail program's; they take hours for a long text.
    "punycode": "utf-8",
    "idna": "utf-8",
}
"""What mail programs mean when they say something else."""
# What mail programs put above the mail that is answered, in the Nordic languages and English.
_WROTE = re.compile(r"\b(?:skrev|skreiv|wrote)\b", re.IGNORECASE)
_WHO = re.compile(r"\S@\S")
_WHEN = re.compile(r"\d{1,2}[:.]\d{2}")
_YEAR = re.compile(r"\b20\d\d\b")
_RULER = re.compile(
    r"^\W{2,}\s*(?:ursprungligt meddelande|originalmeddelande|opprinnelig melding"
    r"|opphavleg melding|original melding"
    r"|original message|vidarebefordrat|videresendt|vidaresend)\b|^_{20,}$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\*?(?:från|fra|frå|from|avsender)\*?:\*?\s", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^\*?(?:skickat|sendt|sent|till|til|to|datum|dato|date|ämne|emne|subject|kopia|kopi|cc)"
    r"\*?:",
    re.IGNORECASE,
)
_TEXT_TAGS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3"}


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail; `by_machine`: an automatic answer or a bounce, which nobody has written."""

    incoming: Incoming
    by_machine: bool


def read_mail(raw: bytes, markers: Collection[str]) -> ReceivedMail:
    """Give a mail's parts; `markers` are the lines that our mails ask to write above.

    What is cut short or badly made still gives what can be read of it.
    """
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage), "the policy makes them so"
    whole = _text(parsed)
    text = newly_written(whole, markers) or whole
    sender = parseaddr(_header(parsed, "From"))[1]
    named = _MESSAGE_ID.search(_header(parsed, "Message-ID"))
    message_id = None if named is None else named[0]
    attachments = _attachments(parsed)
    digest = hashlib.sha256(
        "\0".join((message_id or "", sender, _header(parsed, "Date"), whole, *attachments)).encode(
            "utf-8", "replace"
        )
    )
    return ReceivedMail(
        Incoming(
            references=_references(parsed),
            sender=sender,
            message_id=message_id,
            text=text[:LONGEST_MAIL],
            attachments=attachments,
            key=digest.hexdigest(),
        ),
        _is_by_machine(parsed, sender),
    )


def newly_written(text: str, markers: Collection[str]) -> str:
    """Give the words above what a mail program quotes."""
    kept: list[str] = []
    lines = [line.rstrip() for line in text.splitlines()]
    for at, line in enumerate(lines):
        bare = line.strip(" >*\u00a0")[:LONGEST_LINE]
        after = next((each.strip() for each in lines[at + 1 :] if each.strip()), "")[:LONGEST_LINE]
        if any(marker in bare for marker in markers):
            break
        if _RULER.match(bare) or _announces(bare, after):
            break
        if _HEADER.match(bare) and _NEXT_HEADER.match(after.strip(" >*\u00a0")):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _announces(line: str, after: str) -> bool:
    """Tell a line such as "tor. 26. nov. 2026 kl. 10:15 skrev Fjordvik kommune <…>:".

    Mail programs break it in two when it is long.
    """
    named = _WHO.search(f"{line} {after}" if line.endswith("<") else line)
    # Residents write "kl. 10:15 skrev ni:" too, and their own words follow.
    dated = _WHEN.search(line) and (_YEAR.search(line) or after.startswith(">"))
    if not (named or dated):
        return False
    if line.endswith(":"):
        return _WROTE.search(line) is not None
    return after.endswith(":") and _WROTE.search(f"{line} {after}") is not None


def _text(mail: EmailMessage) -> str:
    plain = _body(mail, "plain")
    if plain.strip():
        return _printable(plain)
    cleaned = nh3.clean(
        _body(mail, "html"),
        tags=_TEXT_TAGS,
        attributes={},
        clean_content_tags={"blockquote", "script", "style", "title"},
    )
    broken = re.sub(r"<[^<>]{0,20}>", "\n", cleaned.replace("\n", " "))
    lines = [line.strip() for line in html.unescape(broken).splitlines()]
    return _printable(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    said = (part.get_content_charset() or "utf-8").casefold()
    for charset in (_DECODED_AS.get(said, said), "utf-8", "cp1252"):
        try:
            return payload.decode(charset)
        except (LookupError, ValueError):
            # Nobody knows it, or it is another one.
            continue
    return payload.decode("utf-8", "replace")


def _attachments(mail: EmailMessage) -> tuple[str, ...]:
    names = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        if part["Content-ID"] and part.get_content_disposition() != "attachment":
            # A picture in the letterhead or below the name, which nobody sent on purpose.
            continue
        name = part.get_filename()
        if name or part.get_content_disposition() == "attachment":
            names.append(" ".join(_printable(name or part.get_content_type()).split()))
    return tuple(name[:LONGEST_NAME] for name in names[:MOST_ATTACHMENTS])


def _references(mail: EmailMessage) -> tuple[str, ...]:
    said = (_header(mail, name) for name in ("In-Reply-To", "References", "Subject"))
    found = dict.fromkeys(found for each in said for found in REFERENCE.findall(each))
    return tuple(found)[:MOST_REFERENCES]


def _is_by_machine(mail: EmailMessage, sender: str) -> bool:
    automatic = _header(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    precedence = _header(mail, "Precedence").strip().casefold()
    return (
        automatic not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or bool(_header(mail, "X-Autoreply") or _header(mail, "X-Autorespond"))
        or _header(mail, "Return-Path").strip() == "<>"
        or mail.get_content_type() == "multipart/report"
        or _AWAY.match(_header(mail, "Subject")) is not None
        or _OURS.match(_header(mail, "Message-ID").strip()) is not None
        or not sender
        or _MACHINES.match(sender) is not None
    )


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return _printable(str(mail.get(name) or ""))
    except (ValueError, LookupError, AttributeError, IndexError):
        # The standard library's own parser stumbles over some that no mail program makes.
        return ""


def _printable(text: str) -> str:
    text = _HALVES.sub("\ufffd", text)
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")
