"""Received mails: the new words without the quoted ones, and machines told from people."""

import pytest

from gateway.received_mail import newly_written, read_mail

MARKER = "--- Skriv ditt svar ovanför den här raden ---"


@pytest.mark.parametrize(
    "quoted",
    [
        "Den tors 26 nov. 2026 kl 10:15 skrev Ekhamns kommun <a@ekhamn.example>:\n> Hej\n> svar",
        "tor. 26. nov. 2026 kl. 10:15 skrev Fjordvik kommune <a@fjordvik.example>:\n> Hei",
        "Den tors 26 nov. 2026 kl 10:15 skrev Ekhamns kommun <\nkommun@ekhamn.example>:\n\n> Hej",
        "26. nov. 2026 kl. 10:15 skreiv Fjordvik kommune <a@fjordvik.example>:\n\nHei",
        "On Thu, Nov 26, 2026 at 10:15 AM Ekhamn <a@ekhamn.example> wrote:\n> Hi",
        "-----Ursprungligt meddelande-----\nFrån: kommunen\nHej",
        "-----Opprinnelig melding-----\nFra: kommunen\nHei",
        "________________________________\nFrån: Ekhamn <a@ekhamn.example>\nSkickat: i dag\nHej",
        "Fra: Fjordvik kommune <a@fjordvik.example>\nSendt: torsdag\nTil: meg\nEmne: Svar\n\nHei",
        "*Från:* Ekhamn\n*Skickat:* torsdag\n\nHej",
        f"{MARKER}\n\nHej\n\nVänliga hälsningar",
        f"Den 26 nov skrev någon:\n> {MARKER}\n> Hej",
        "> Hej\n> svar",
    ],
)
def test_what_is_quoted_is_cut_off(quoted) -> None:
    """As the mail programs that people here use quote."""
    found = newly_written(f"Tack!\n\nEn fråga till.\n\n{quoted}\n", [MARKER])
    assert "Tack!\n\nEn fråga till." == found.removesuffix("\n\nDen 26 nov skrev någon:")


@pytest.mark.parametrize(
    "text",
    [
        "Ni skrev att det tar 3 dagar:\nstämmer det?",
        "Från: Storgatan 1\nJag vill flytta hit.",
        "Vi ses kl 10:15, eller?",
        "Till: den det berör\nHej",
        "- en\n- två\n\n-- \nAnna",
    ],
)
def test_what_a_resident_writes_is_kept(text) -> None:
    """Words that only resemble a quotation."""
    assert text.replace("-- \n", "--\n") == newly_written(text, [MARKER])


def test_a_mail_of_html_alone_is_read() -> None:
    """Its words in their lines, without scripts, styles and what was quoted."""
    raw = (
        b"From: a@b.se\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<html><head><style>p {color: red}</style></head><body><p>Hej &amp; tack</p>"
        b"<div>Rad&nbsp;tv\xc3\xa5<br>Rad tre</div><script>alert(1)</script>"
        b"<blockquote>Gammalt</blockquote></body></html>"
    )
    assert ["Hej & tack", "Rad\u00a0två", "Rad tre"] == [
        line for line in read_mail(raw, [MARKER]).incoming.text.splitlines() if line
    ]


def test_all_that_is_quoted_is_better_than_nothing() -> None:
    """A resident who writes between the quoted lines is read with them."""
    raw = b"From: a@b.se\r\n\r\n> Vill du?\n> Ja"
    assert "> Vill du?\n> Ja" == read_mail(raw, []).incoming.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: =?x?q?=?=\r\nSubject: =?utf-8?b?////?=\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nhej",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/pl",
        b"Message-ID: <a\r\n b@c>\r\nDate: igar\r\nTo: \xe5\r\n\r\nhej",
        b"From: \xe5@b.se\r\nMessage-ID: <\xe5@b.se>\r\nSubject: \xe5\r\n\r\n\xe5",
        b'Content-Type: a/b; name="\xe5"\r\nContent-Disposition: attachment\r\n\r\n',
        b"From: a@b.se\r\n\r\n" + b"skrev 10:15 " * 50_000,
        b"From: a@b.se\r\n\r\n" + b"> " * 100_000,
    ],
)
def test_nothing_that_can_be_sent_breaks_the_reading(raw) -> None:
    """Cut short, badly made, or made to be slow."""
    found = read_mail(raw, [MARKER]).incoming
    # Halves of characters, which no database stores, would raise here.
    written = "".join((found.text, found.sender, found.message_id or "", *found.attachments))
    assert written == written.encode().decode()


def test_the_same_mail_has_the_same_key_and_another_has_not() -> None:
    """Also when it came by two ways."""
    mail = b"From: a@b.se\r\nMessage-ID: <1@b.se>\r\n\r\nhej"
    keys = [
        read_mail(raw, []).incoming.key
        for raw in (mail, b"Received: from x\r\n" + mail, mail.replace(b"1@b", b"2@b"))
    ]
    assert (True, False) == (keys[0] == keys[1], keys[0] == keys[2])


def test_references_are_found_in_order() -> None:
    """What the mail answers outranks what stands in its subject."""
    raw = (
        b"Subject: Re: EK-26-AAAAA\r\nIn-Reply-To: <EK-26-4F7KD.12@ekhamn.example>\r\n"
        b"References: <x@y>\r\n <EK-26-22222.1@ekhamn.example>\r\n\r\nhej"
    )
    assert ("EK-26-4F7KD", "EK-26-22222", "EK-26-AAAAA") == (read_mail(raw, []).incoming.references)
