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
        "-------- Originalmeddelande --------\nFrån: Ekhamn\nHej",
        "Den 2026-11-26 kl. 10:15, skrev Ekhamns kommun:\n\nHej",
        "kl. 10:15 skrev Fjordvik kommune:\n> Hei",
        "> 26. nov. 2026 kl. 10:15 skrev Fjordvik kommune <a@fjordvik.example>:\n>\n> Hei",
        "Frå: Fjordvik kommune\nSendt: torsdag\nTil: meg\nEmne: Svar\n\nHei",
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
        "I går kl. 10:15 skrev ni så här:\nvi kommer i morgon. Men ingen kom.",
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


@pytest.mark.parametrize(
    "html",
    [
        '<div dir="ltr">Tack!</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        'Den tors 26 nov. 2026 kl 10:15 skrev Ekhamns kommun &lt;<a href="mailto:a@b.se">a@b.se</a>'
        '&gt;:<br></div><blockquote class="gmail_quote">Hej</blockquote></div>',
        "<p>Tack!</p><hr><div id=divRplyFwdMsg><b>Från:</b> Ekhamn &lt;a@b.se&gt;<br>"
        "<b>Skickat:</b> den 26 november 2026 10:15<br><b>Till:</b> Anna<br></div><p>Hej</p>",
        "<p>Tack!</p><div><p><b>Fra:</b> Fjordvik<br><b>Sendt:</b> torsdag<br>"
        "<b>Emne:</b> Svar</p></div><p>Hei</p>",
        f"<p>Tack!</p><div>{MARKER}</div><p>Hej</p>",
    ],
    ids=["gmail", "outlook", "outlook-nb", "marker"],
)
def test_what_is_quoted_in_html_is_cut_off(html) -> None:
    """As the programs quote that write HTML alone."""
    raw = f"From: a@b.se\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()
    assert "Tack!" == read_mail(raw, [MARKER]).incoming.text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable",
         b"Kan ni h=E4mta gr=E5 s=F6=\r\nndag?"),
        ("text/plain; charset=iso-8859-1", "Kan ni hämta grå söndag?".encode("latin-1")),
        ("text/plain; charset=us-ascii", "Kan ni hämta grå söndag?".encode()),
        ("text/plain", "Kan ni hämta grå söndag?".encode()),
        ("text/plain", "Kan ni hämta grå söndag?".encode("latin-1")),
        ("text/plain; charset=utf-8", "Kan ni hämta grå söndag?".encode("latin-1")),
        ("text/plain; charset=klingon", "Kan ni hämta grå söndag?".encode()),
        ("text/html; charset=windows-1252", "<p>Kan ni hämta grå söndag?".encode("cp1252")),
        ("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
         b"S2FuIG5pIGjDpG10YSBncsOlIHPDtm5kYWc/"),
    ],
)  # fmt: skip
def test_letters_are_read_however_they_were_written(headers, body) -> None:
    """Also where the mail says nothing of its character set, or something untrue."""
    raw = f"From: a@b.se\r\nContent-Type: {headers}\r\n\r\n".encode() + body
    assert "Kan ni hämta grå söndag?" == read_mail(raw, []).incoming.text


def test_quotation_marks_of_windows_are_read() -> None:
    """They are called iso-8859-1 and are none."""
    raw = b"From: a@b.se\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\x93ja\x94 \x96"
    assert "\u201cja\u201d \u2013" == read_mail(raw, []).incoming.text


@pytest.mark.parametrize(
    "headers",
    [
        "Subject: Automatiskt svar: Ditt =?utf-8?q?=C3=A4rende?= EK-26-4F7KD",
        "Subject: Automatisk svar: Saken din EK-26-4F7KD",
        "Subject: Autosvar: EK-26-4F7KD",
        "Subject: Automatic reply: EK-26-4F7KD",
        "Subject: =?utf-8?q?Fr=C3=A5nvarande=3A?= EK-26-4F7KD",
        "Auto-Submitted: auto-replied (vacation)",
        "Message-ID: <EK-26-4F7KD.12@ekhamn.example>",
    ],
)
def test_machines_are_known_by_what_they_write(headers) -> None:
    """An absence without its header, and our own mail that came back."""
    assert read_mail(f"From: a@b.se\r\n{headers}\r\n\r\nHej".encode(), []).by_machine


@pytest.mark.parametrize(
    "subject", ["Sv: Ditt svar", "Frånvaro EK-26-4F7KD", "Automatiskt svar från er?"]
)
def test_people_are_not_taken_for_machines(subject) -> None:
    """Words that machines use are residents' words as well."""
    assert not read_mail(f"From: a@b.se\r\nSubject: {subject}\r\n\r\nHej".encode(), []).by_machine


def test_a_picture_in_the_letterhead_is_no_attachment() -> None:
    """Nobody is told that it was not taken; a real file is."""
    raw = (
        b"From: a@b.se\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nHej\r\n"
        b"--x\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo>\r\n"
        b"Content-Disposition: inline; filename=logo.png\r\n\r\nx\r\n"
        b"--x\r\nContent-Type: application/pdf\r\nContent-ID: <p>\r\n"
        b"Content-Disposition: attachment; filename=intyg.pdf\r\n\r\nx\r\n--x--\r\n"
    )
    assert ("intyg.pdf",) == read_mail(raw, []).incoming.attachments


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
