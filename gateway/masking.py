"""Personal data out of what people write, before anything stores, logs or searches it.

National identity numbers are told from other numbers by their date and checksums; telephone
numbers and e-mail addresses by their form. An amount, a date, a time or a case number stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise

from gateway.numbers import is_norwegian_identity_number, is_swedish_identity_number


class Masked(StrEnum):
    """What was taken out, by the word that stands in its place.

    Coordination numbers and D-numbers share the marker of the common number: a marker of
    their own would say that the person has newly come to the country.
    """

    SWEDISH_NUMBER = "personnummer"
    NORWEGIAN_NUMBER = "fødselsnummer"
    TELEPHONE = "telefonnummer"
    EMAIL = "e-post"


@dataclass(frozen=True, slots=True)
class Masking:
    """A text without personal data, and what was taken out of it, in order."""

    text: str
    found: tuple[Masked, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits without anything between them, and where they stand in the text."""

    digits: str
    start: int
    end: int


SHORTEST, LONGEST = 8, 15
"""How many digits a telephone number or an identity number has."""

_SPACE = "\\s\u00ad\u200b\u2060\ufeff"
_DASH = "\\-\u2010-\u2015\u2212"
# Digits with at most three signs between two groups, such as the ") " of a dialling code.
_RUN = re.compile(rf"\d+(?:[{_SPACE}{_DASH}+./()]{{1,3}}\d+)*")
_GROUP = re.compile(r"\d+")
_TIGHT = re.compile(rf"[{_DASH}+./:,]$")
_TIGHT_AFTER = re.compile(rf"^[{_DASH}+./:,]\d")

_EMAIL = re.compile(
    r"[^\W_](?:[\w.+%'-]{0,62}[\w+-])?"
    r"(?:\s?@\s?|\s?[(\[]\s?(?:at|snabel-?a|alfa-?krøll|krøll-?alfa)\s?[)\]]\s?"
    r"|\s(?:snabel-?a|alfa-?krøll|krøll-?alfa)\s)"
    r"[^\W_][\w-]{0,61}(?:\.[\w-]{1,62}){0,4}\.[^\W\d_]{2,24}",
    re.IGNORECASE,
)

# Swedish numbers have one check digit only, so a tenth of all numbers with a date would pass;
# the ways people write them keep case numbers and dates out.
_SWEDISH_SHAPES = {
    (10,),
    (12,),
    (6, 4),
    (8, 4),
    (2, 6, 4),
    (2, 2, 2, 4),
    (4, 2, 2, 4),
    (6, 2, 2),
    (8, 2, 2),
    (1,) * 10,
    (1,) * 12,
}
_PLUS = re.compile(r"\+\s?\(?$")
_FOREIGN = re.compile(r"00(?:4[5-7]|358|49|44|48)\d{7,11}")
_SWEDISH = re.compile(r"0[1-9]\d{6,8}")
_NORDIC_EIGHT = re.compile(r"[2-9]\d{7}")
_NORDIC_EIGHT_SHAPES = {(8,), (2, 2, 2, 2), (3, 2, 3), (1,) * 8}
_NOT_A_TELEPHONE_BEFORE = re.compile(
    r"(?:\b(?:sak|saks|ärende|ärendets|diarie|dnr|d\.nr|referens|referanse|ref|faktura|"
    r"kund|kunde|konto|organisasjons|organisations|org|bestillings|beställnings|mål|måler|"
    r"mätar|anläggnings|anleggs|gårds|bruks|gnr|bnr|fastighets|postboks|kid|ocr|"
    r"bankgiro|plusgiro|bg|pg|kr|nok|sek|id|deklarations|ansöknings|søknads|søknad|vedtaks|"
    r"besluts|serie|kvitto|kvitterings|löp|løpe|journal)"
    r"(?:-?\s?(?:id|numret|nummeret|nummer|nr))?\.?\s?(?::|är|er)?\s?#?|[#§$€£])$",
    re.IGNORECASE,
)
_TELEPHONE_BEFORE = re.compile(
    r"(?:\btlf|\btel|telefon\w{0,10}|mobil\w{0,10}|\bring\w{0,3}(?: (?:mig|meg|til|till|på))*)"
    r"[\s.:]{0,3}(?:(?:nr|nummer|på|er|är)[\s.:]{1,3}){0,2}$",
    re.IGNORECASE,
)
_UNIT_AFTER = re.compile(
    r"^\s?(?:kr\b|kronor\b|kroner\b|nok\b|sek\b|dkk\b|eur\b|euro\b|:-|,-|,\d|%|‰|°|"
    r"tkr\b|mkr\b|mill|mnok\b|m2\b|m²|m3\b|m³|kvm\b|kvadrat|hektar|liter\b|kwh\b|kw\b|kg\b|"
    r"ton\b|tonn\b|meter\b|km\b|år\b|st\b|stk\b|stycken\b|invånare\b|innbyggere\b|"
    r"innbyggjarar\b|personer\b|personar\b|timmar\b|timer\b|timar\b)",
    re.IGNORECASE,
)


def mask(text: str, *, contacts: bool = True) -> Masking:
    """Replace personal data by markers such as [personnummer].

    With `contacts` False only identity numbers are replaced: an operator may give out a
    telephone number or an e-mail address.
    """
    found = _find(text, contacts)
    pieces: list[str] = []
    position = 0
    for start, end, kind in found:
        pieces += [text[position:start], f"[{kind}]"]
        position = end
    pieces.append(text[position:])
    return Masking("".join(pieces), tuple(kind for _, _, kind in found))


def contacts_in(text: str) -> tuple[str, ...]:
    """Give the telephone numbers and e-mail addresses that `mask` would take out, in order."""
    return tuple(
        text[start:end].strip()
        for start, end, kind in _find(text, True)
        if kind in (Masked.TELEPHONE, Masked.EMAIL)
    )


def _find(text: str, contacts: bool) -> list[tuple[int, int, Masked]]:
    found: list[tuple[int, int, Masked]] = []
    if contacts:
        found.extend((match.start(), match.end(), Masked.EMAIL) for match in _EMAIL.finditer(text))
    inside = list(found)
    for run in _RUN.finditer(text):
        groups = [
            _Group(
                "".join(str(int(sign)) for sign in match[0]),
                run.start() + match.start(),
                run.start() + match.end(),
            )
            for match in _GROUP.finditer(run[0])
        ]
        found.extend(
            (start, end, kind)
            for start, end, kind in _search(text, groups, contacts)
            if not any(start < other_end and other < end for other, other_end, _ in inside)
        )
    found.sort()
    return found


def _search(text: str, groups: list[_Group], contacts: bool) -> Iterator[tuple[int, int, Masked]]:
    """Find numbers that are whole groups of a run, identity numbers before telephones."""
    first = 0
    while first < len(groups):
        hit = _longest(text, groups, first, _identity_number)
        if hit is None and contacts:
            hit = _longest(text, groups, first, _telephone)
        if hit is None:
            first += 1
            continue
        last, start, kind = hit
        yield start, groups[last].end, kind
        first = last + 1


Recognise = Callable[[str, list[_Group]], tuple[int, Masked] | None]


def _longest(
    text: str, groups: list[_Group], first: int, recognise: Recognise
) -> tuple[int, int, Masked] | None:
    if _is_tied_before(text, groups[first].start):
        return None
    lengths = list(accumulate(len(group.digits) for group in groups[first : first + LONGEST]))
    for last in range(first + len(lengths) - 1, first - 1, -1):
        if not SHORTEST <= lengths[last - first] <= LONGEST:
            continue
        candidate = groups[first : last + 1]
        # A number doesn't end where a sign without a space ties it to the next digits.
        if _TIGHT_AFTER.match(text[candidate[-1].end : candidate[-1].end + 2]):
            continue
        hit = recognise(text, candidate)
        if hit is not None:
            return last, hit[0], hit[1]
    return None


def _identity_number(text: str, groups: list[_Group]) -> tuple[int, Masked] | None:
    digits = "".join(group.digits for group in groups)
    start = groups[0].start
    if len(digits) == 11 and is_norwegian_identity_number(digits):
        return start, Masked.NORWEGIAN_NUMBER
    shape = tuple(len(group.digits) for group in groups)
    if shape in _SWEDISH_SHAPES and is_swedish_identity_number(digits):
        return start, Masked.SWEDISH_NUMBER
    return None


def _telephone(text: str, groups: list[_Group]) -> tuple[int, Masked] | None:
    start = groups[0].start
    digits = "".join(group.digits for group in groups)
    before = text[max(0, start - 40) : start]
    plus = _PLUS.search(before)
    if plus is not None and len(digits) >= 9:
        begin = start - len(plus[0])
    elif _has_telephone_form(digits, groups, text, before):
        bracketed = before.endswith("(") and ")" in text[start : groups[-1].end]
        begin = start - 1 if bracketed else start
        # Asked last: it is the dearest question, and seldom reached.
        if _NOT_A_TELEPHONE_BEFORE.search(before):
            return None
    else:
        return None
    if _UNIT_AFTER.match(text[groups[-1].end : groups[-1].end + 16]):
        return None
    return begin, Masked.TELEPHONE


def _has_telephone_form(digits: str, groups: list[_Group], text: str, before: str) -> bool:
    if digits[0] == "0":
        if _FOREIGN.fullmatch(digits):
            return True
        if not _SWEDISH.fullmatch(digits):
            return False
    elif not _NORDIC_EIGHT.fullmatch(digits):
        return False
    shape = tuple(len(group.digits) for group in groups)
    if _is_date(digits, shape):
        return False
    between = [text[one.end : other.start] for one, other in pairwise(groups)]
    if digits[0] == "0":
        return _looks_swedish(shape, between)
    if any(set(signs) & set("./+") for signs in between):
        return False
    return shape in _NORDIC_EIGHT_SHAPES or _TELEPHONE_BEFORE.search(before) is not None


def _looks_swedish(shape: tuple[int, ...], between: list[str]) -> bool:
    """An area code of two to four digits, then groups; opening hours have dots or 4 + 4."""
    if any("." in sign for sign in between):
        return sum(shape) >= 9 and all(sign == "." for sign in between)
    return shape != (4, 4) and (len(shape) == 1 or shape[0] <= 4 or 1 in shape)


def _is_tied_before(text: str, start: int) -> bool:
    return start >= 2 and text[start - 2].isdigit() and bool(_TIGHT.match(text[start - 1]))


def _is_date(digits: str, shape: tuple[int, ...]) -> bool:
    """Tell a date, alone or at the beginning: 01.05.2024, 2024-05-01, 20240501, 01052024."""
    if shape[:3] == (2, 2, 4):
        orders = [digits[4:8] + digits[2:4] + digits[:2], digits[4:8] + digits[:4]]
    elif shape[:3] == (4, 2, 2):
        orders = [digits[:8]]
    elif shape == (8,):
        orders = [digits, digits[4:] + digits[2:4] + digits[:2]]
    else:
        return False
    return any(
        1900 <= int(order[:4]) <= 2100 and 1 <= int(order[4:6]) <= 12 and 1 <= int(order[6:]) <= 31
        for order in orders
    )
