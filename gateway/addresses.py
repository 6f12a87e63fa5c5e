"""E-mail addresses that residents give: checked before anything is promised to them."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

LONGEST = 254
# Letters beyond ASCII before the @ need mail servers that few have.
_SHAPE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([^\s@<>,;:()\[\]\\\"]+)")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def usable_address(written: str) -> str:
    """Give an address as mail servers know it; a domain such as åre.se becomes its ASCII form.

    Raises ValueError when no mail could be sent to it.
    """
    written = written.strip()
    found = _SHAPE.fullmatch(written)
    if found is None:
        raise ValueError("not an e-mail address")
    try:
        domain = found[1].encode("idna").decode("ascii")
        labels = domain.split(".")
        if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ValueError("not a domain")
        address = Address(addr_spec=f"{written[: found.start(1)]}{domain}").addr_spec
    except (UnicodeError, HeaderParseError, IndexError) as error:
        raise ValueError("not an e-mail address") from error
    if len(address) > LONGEST:
        raise ValueError("too long")
    return address
