"""Personal data is taken out, and nothing else is. All numbers here are made up."""

import time

import pytest

from gateway.masking import Masked, mask

SWEDISH = "[personnummer]"
NORWEGIAN = "[fødselsnummer]"
PHONE = "[telefonnummer]"
EMAIL = "[e-post]"


@pytest.mark.parametrize(
    "number",
    [
        "811228-9841",
        "8112289841",
        "811228 9841",
        "811228+9841",
        "811228–9841",
        "19811228-9841",
        "198112289841",
        "19811228 9841",
        "19 811228 9841",
        "1981-12-28-9841",
        "81 12 28 9841",
        "8 1 1 2 2 8 9 8 4 1",
        "811228\u00a09841",
        "811228 98 41",
        # coordination numbers: sixty more on the day
        "811288-9848",
        "19811288-9848",
        "640883-3231",
        # born on a leap day of 2000
        "000229-1235",
    ],
)
def test_swedish_identity_numbers(number) -> None:
    """Ten and twelve digits, with and without signs, coordination numbers included."""
    assert f"Jag heter Bo, {SWEDISH}." == mask(f"Jag heter Bo, {number}.").text
    assert SWEDISH == mask(number).text


@pytest.mark.parametrize(
    "number",
    [
        "15108695088",
        "151086 95088",
        "151086-95088",
        "15.10.86 95088",
        "15 10 86 95088",
        "151086 950 88",
        "1 5 1 0 8 6 9 5 0 8 8",
        # a D-number has forty more on the day, an H-number on the month, a test number eighty
        "55108695071",
        "15508695060",
        "15908695043",
        # first check digit by the rule for numbers to come
        "15108695258",
    ],
)
def test_norwegian_identity_numbers(number) -> None:
    """Eleven digits however they are grouped, D-numbers and other kinds included."""
    assert f"Fødselsnummer: {NORWEGIAN}, takk" == mask(f"Fødselsnummer: {number}, takk").text


@pytest.mark.parametrize(
    "text",
    [
        "8112289842",
        "811328-9841",
        "19811232-9841",
        "15108695087",
        "15138695088",
        "32108695088",
        "556703-7485",
        "1234567890",
        "12345678901",
    ],
)
def test_numbers_with_a_wrong_date_or_checksum_stay(text) -> None:
    """A number that is no identity number is left alone."""
    assert text == mask(text).text


@pytest.mark.parametrize(
    "number",
    [
        "070-123 45 67",
        "0701234567",
        "070 123 45 67",
        "070.123.45.67",
        "031-390 06 00",
        "(031) 390 06 00",
        "08-123 456 78",
        "0340-123 45",
        "+46701234567",
        "+46 70 123 45 67",
        "+46 (0)70-123 45 67",
        "0046 70 123 45 67",
        "91234567",
        "912 34 567",
        "55 00 01 00",
        "+4791234567",
        "+47 912 34 567",
        "0047 91234567",
        "+45 12 34 56 78",
        "+4512345678",
        "004512345678",
        "22 34 56 78",
    ],
)
def test_telephone_numbers(number) -> None:
    """Swedish, Norwegian and Danish numbers, domestic and international."""
    assert f"Ring meg på {PHONE}!" == mask(f"Ring meg på {number}!").text
    assert PHONE == mask(number).text


@pytest.mark.parametrize("text", ["tlf 9123 4567", "mobil: 9123 4567", "Telefonnr. 5500 0100"])
def test_telephone_numbers_that_are_announced(text) -> None:
    """After a word for telephone any grouping of eight digits counts."""
    assert text[: -len("9123 4567")] + PHONE == mask(text).text


@pytest.mark.parametrize(
    "address",
    [
        "anna@exempel.example",
        "Anna.B-C+svar_1@post.kommune.example",
        "anna @ exempel.se",
        "anna(at)exempel.se",
        "anna [at] exempel.se",
        "anna (snabel-a) exempel.se",
        "anna krøllalfa eksempel.no",
        "åsa@älvsbyn.example",
    ],
)
def test_email_addresses(address) -> None:
    """Also those written so that programs would not see them."""
    assert f"Skriv till {EMAIL}, tack." == mask(f"Skriv till {address}, tack.").text


@pytest.mark.parametrize(
    "text",
    [
        "Det kostar 25 000 kr.",
        "1 250 000 kr",
        "12 345 678 kroner",
        "12 345 678,50 kr",
        "25000000 kr",
        "kr 25000000",
        "55 00 01 00 kr",
        "fra 10 000 til 20 000 kroner",
        "10 000-20 000 kr",
        "inkomst 412 000 kronor per år",
        "2024-05-01",
        "2024-05-01 2024-06-01",
        "2024-05-01 25 000 kr",
        "01.05.2024",
        "01-05-2024",
        "01/05/2024",
        "1/5 2024",
        "20240501",
        "01.01.2024-31.12.2024",
        "1. januar 2025 kl. 09.00",
        "öppet 09.00-16.00",
        "kl 0800-1600",
        "08:30-15:00",
        "kl. 08.30 - 16.00",
        "mellom 2020 og 2025",
        "läsåret 2025/2026",
        "sak 24001234",
        "saksnr. 2024/1234",
        "sak 20/12345",
        "ärende 2024-001234",
        "ärendenummer 24001234",
        "BN 2012-031234",
        "diarienummer 20240123",
        "faktura 12345678",
        "kundenummer: 23456789",
        "org.nr 987 654 321",
        "organisationsnummer 556703-7485",
        "bankgiro 5050-1055",
        "KID 0123456789012345",
        "gnr 12 bnr 345",
        "411 05 Göteborg",
        "5003 Bergen",
        "ring 112, 1177 eller 116 117",
        "Storgatan 12, lägenhet 1203",
        "bredd 1200, höjd 2100, djup 60",
        "59.91273, 10.74609",
        "punkt 3 (a) i.e. det",
        "se www.ekhamn.example/bygga-och-bo",
        "@kommunen svarar inte",
        "",
    ],
)
def test_what_is_no_personal_data_stays(text) -> None:
    """Amounts, dates, times, case and customer numbers, addresses."""
    assert (text, ()) == (mask(text).text, mask(text).found)


def test_several_in_one_sentence() -> None:
    """Each is found, in order, and the words between them stay."""
    masking = mask("Bo 811228-9841, bo@x.example, 070-123 45 67 och 0709876543, sak 2024/1234")
    assert f"Bo {SWEDISH}, {EMAIL}, {PHONE} och {PHONE}, sak 2024/1234" == masking.text
    assert (Masked.SWEDISH_NUMBER, Masked.EMAIL, Masked.TELEPHONE, Masked.TELEPHONE) == (
        masking.found
    )


def test_numbers_beside_each_other() -> None:
    """Only a space between them: both are found."""
    assert f"{PHONE} {PHONE}" == mask("0701234567 0709876543").text
    assert f"{SWEDISH} {PHONE}" == mask("811228-9841 070-123 45 67").text
    assert f"{NORWEGIAN} {PHONE}" == mask("15108695088 91234567").text


def test_masking_again_changes_nothing() -> None:
    """A marker is not taken for anything."""
    once = mask("811228-9841 15108695088 0701234567 a@b.example").text
    assert (once, ()) == (mask(once).text, mask(once).found)


def test_contacts_may_stay() -> None:
    """What operators write keeps telephone numbers and addresses, but no identity number."""
    text = "Ring 031-390 06 00 eller skriv till kommun@ekhamn.example om 811228-9841."
    assert text.replace("811228-9841", SWEDISH) == mask(text, contacts=False).text


@pytest.mark.parametrize(
    "text", ["a" * 2000, "1 " * 1000, "0" * 2000, "a@" * 1000, "a.b" * 666, "+0(1) " * 333]
)
def test_no_text_takes_long(text) -> None:
    """Masking runs on the event loop: the worst texts take a quarter of a second of it at most."""
    began = time.thread_time()
    mask(text)
    assert time.thread_time() - began < 0.25
