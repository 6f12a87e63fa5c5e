"""Figures that sentences hold: amounts, percentages, times, dates, spans and phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from knowledge.answering.facets import facets

Kind = Literal["money", "percent", "time", "date", "span", "phone"]

_NUMBER = r"\d{1,3}(?:[ \u00a0.]\d{3})+(?!\d)|\d+"
_CLOCK = r"\d{1,2}(?:[.:]\d{2})?"
_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "okt": 10, "nov": 11, "des": 12, "dec": 12,
}  # fmt: skip
_COUNTS: Final = {
    "en": 1, "ett": 1, "ei": 1, "ein": 1, "eit": 1, "eitt": 1, "én": 1, "éi": 1,
    "to": 2, "två": 2, "tre": 3, "fire": 4, "fyra": 4, "fem": 5, "seks": 6, "sex": 6,
    "sju": 7, "åtte": 8, "åtta": 8, "ni": 9, "nio": 9, "ti": 10, "tio": 10, "tolv": 12,
}  # fmt: skip
_SPANS: Final = {
    "minut": r"minut\w*|min",
    "hour": r"tim(?:me|mar|men|er|ar|e|ane|ene)|tim",
    "day": r"dag(?:ar|er|en|ene|ane|ars|s)?|dygn|døgn|arbeidsdag\w*|arbetsdag\w*|vardag\w*",
    "week": r"veck(?:a|or|an|ors)|uk(?:e|er|en)|vek(?:e|er|a)",
    "month": r"månad(?:er|en|ers)?|måned(?:er|en|ers)?|månader",
    "year": r"år",
}
_PATTERNS: Final[Mapping[Kind, re.Pattern[str]]] = {
    "money": re.compile(
        rf"(?<![\d,.])({_NUMBER})(?:[,.](\d{{1,2}}))?\s*(?:kr|kronor|kroner|:-)(?![^\W\d_])", re.I
    ),
    "percent": re.compile(rf"(?<![\d,.])({_NUMBER})(?:,(\d+))?\s*(?:%|procent|prosent)", re.I),
    "time": re.compile(
        rf"(?:\b(?:kl\.?|klockan|klokka|klokken)\s*({_CLOCK})(?:\s*(?:[–-]|till|til)\s*({_CLOCK}))?"
        rf"|(?<![\d.,–-])({_CLOCK})\s*[–-]\s*({_CLOCK})(?![\d.]|\s*(?:%|kr|år|meter|m\b|veck|uke)))",
        re.I,
    ),
    "date": re.compile(
        r"\b(\d{1,2})\.?\s+(jan|feb|mar|apr|maj|mai|jun|jul|aug|sep|okt|nov|des|dec)[a-zø]*\b", re.I
    ),
    "span": re.compile(
        rf"\b(\d+|{'|'.join(_COUNTS)})\s+(?:{'|'.join(f'({p})' for p in _SPANS.values())})\b", re.I
    ),
    "phone": re.compile(
        r"(?<![\d-])(?:0\d{1,3}[-–]\d[\d ]{3,9}\d|\d{2}(?: \d{2}){3}|\d{3} \d{2} \d{3})(?!\d)"
    ),
}
_WEEKDAYS = re.compile(
    r"\b(?:må?ndag|mandag|måndag|tisdag|tysdag|onsdag|torsdag|fredag|lördag|lørdag|laurdag"
    r"|söndag|søndag|sundag|vardag|kvardag|hverdag|helg|dygnet|døgnet)\w*",
    re.I,
)
_FREE = re.compile(r"\b(?:gratis|kostnadsfri\w*|avgiftsfri\w*|ingenting|ingen avgift)\b", re.I)
_MAIL = re.compile(r"\S@\S")


def quantities(sentence: str) -> dict[Kind, frozenset[str]]:
    """The figures of a sentence by kind, each written in one way: "4200", "9:00-15:30", "1/3"."""
    found = {kind: frozenset(_values(kind, sentence)) for kind in _PATTERNS}
    return {kind: values for kind, values in found.items() if values}


def without_quantities(sentence: str) -> str:
    """The sentence with its figures left out."""
    for pattern in _PATTERNS.values():
        sentence = pattern.sub(" ", sentence)
    return sentence


def holds_facet(asked: frozenset[str], sentence: str) -> bool:
    """Whether a sentence holds what such a question asks for: a price an amount, and so on."""
    if not asked:
        return False
    found = quantities(sentence)
    return bool(
        ("price" in asked and ("money" in found or _FREE.search(sentence)))
        or ("hours" in asked and ("time" in found or "date" in found or _WEEKDAYS.search(sentence)))
        or ("duration" in asked and "span" in found)
        or ("contact" in asked and ("phone" in found or _MAIL.search(sentence)))
        or asked & facets(sentence) & {"application", "appeal", "eligibility"}
    )


def _values(kind: Kind, sentence: str) -> Iterator[str]:
    for match in _PATTERNS[kind].finditer(sentence):
        if kind in ("money", "percent"):
            whole, part = re.sub(r"\D", "", match[1]), (match[2] or "").rstrip("0")
            yield f"{int(whole)}.{part}" if part else str(int(whole))
        elif kind == "time":
            first, last = match[1] or match[3], match[2] or match[4]
            yield f"{_clock(first)}-{_clock(last)}" if last else _clock(first)
        elif kind == "date":
            yield f"{int(match[1])}/{_MONTHS[match[2].lower()]}"
        elif kind == "span":
            count = match[1].lower()
            units = [name for name, text in zip(_SPANS, match.groups()[1:], strict=True) if text]
            yield f"{_COUNTS.get(count) or int(count)} {units[0]}"
        else:
            yield re.sub(r"\D", "", match[0])


def _clock(text: str) -> str:
    hour, _, minute = text.replace(".", ":").partition(":")
    return f"{int(hour)}:{minute or '00'}"
