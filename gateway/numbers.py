"""National identity numbers of Sweden and Norway, told by their date and check digits.

python-stdnum computes the check digits. What it does not know yet is added here: Swedish
coordination numbers (day + 60), Norwegian synthetic numbers (month + 80), and the wider first
check digit that Norway hands out when the old numbers run out.
"""

from __future__ import annotations

import datetime

from stdnum import luhn
from stdnum.no import fodselsnummer

COORDINATION_DAY = 60
D_NUMBER_DAY = 40
H_NUMBER_MONTH = 40
SYNTHETIC_MONTH = 80
HELP_NUMBER_DAY = 80
FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
FIRST_REMAINDERS = frozenset({0, 1, 2, 3})


def is_swedish_identity_number(digits: str) -> bool:
    """Tell whether 10 or 12 digits are a personnummer or a samordningsnummer."""
    if len(digits) not in (10, 12) or not luhn.is_valid(digits[-10:]):
        return False
    year, month, day = digits[:-8], int(digits[-8:-6]), int(digits[-6:-4])
    if day > COORDINATION_DAY:
        day -= COORDINATION_DAY
    if len(year) == 4:
        return 1800 <= int(year) < 2100 and _exists(int(year), month, day)
    return _exists_in_some_century(int(year), month, day)


def is_norwegian_identity_number(digits: str) -> bool:
    """Tell whether 11 digits are a fødselsnummer, D-number, H-number or a synthetic one."""
    if len(digits) != 11:
        return False
    first = sum(
        weight * int(digit) for weight, digit in zip(FIRST_WEIGHTS, digits[:10], strict=True)
    )
    if first % 11 not in FIRST_REMAINDERS:
        return False
    if fodselsnummer.calc_check_digit2(digits) != digits[10]:
        return False
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if day >= HELP_NUMBER_DAY:
        return True  # a hospital's number for a person, which holds no date
    if day > D_NUMBER_DAY:
        day -= D_NUMBER_DAY
    for added in (SYNTHETIC_MONTH, H_NUMBER_MONTH):
        if month > added:
            month -= added
            break
    return _exists_in_some_century(year, month, day)


def _exists_in_some_century(year: int, month: int, day: int) -> bool:
    return any(_exists(century + year, month, day) for century in (1800, 1900, 2000))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
