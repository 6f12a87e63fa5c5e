"""Copies, an end, a case, a place in the queue and a line of words, by forms."""

import pytest

ANSWER = {
    "text": "Ett bygglov kostar **8 900 kr**.",
    "choices": [],
    "answer": {"status": "answered", "confidence": 0.9, "sources": []},
}


async def test_a_copy_is_a_file(visitor, bot) -> None:
    """With every message, named after the municipality, and kept by no cache."""
    page = await visitor.write("Vad kostar bygglov?")
    assert 'href="/ekhamn/transcript" download' in page.html
    copy = await visitor.get("/ekhamn/transcript")
    assert "Vad kostar bygglov?" in copy.html
    assert 'filename="svar-ekhamn-' in copy.headers["Content-Disposition"]
    assert "no-store" == copy.headers["Cache-Control"]
    visitor.cookies.clear()
    assert "/ekhamn" == (await visitor.get("/ekhamn/transcript")).address


async def test_ending_without_erasing(visitor, texts) -> None:
    """It can still be read, and what is written next begins a new one."""
    page = await visitor.write("hej")
    ended = await visitor.send(page.form("close"))
    assert texts("sv", "widget.status.closed") in ended.text
    assert ["bot", "resident", "bot", "system"] == ended.authors
    anew = await visitor.send(ended.form("messages"), text="en sak till")
    assert ["bot", "resident", "bot"] == anew.authors


async def test_a_rating_takes_one_line(visitor, bot, texts) -> None:
    """After it, if one wishes; personal data is masked there too."""
    bot.says(ANSWER)
    rated = await visitor.send((await visitor.write("Vad kostar det?")).form("feedback"), button=1)
    assert texts("sv", "site.feedback.comment") in rated.text
    told = await visitor.send(rated.form("feedback"), comment="Jag menade altan")
    assert texts("sv", "widget.feedback.thanks.no") in told.text
    assert texts("sv", "site.feedback.comment") not in told.text
    long = await visitor.post(
        rated.form("feedback").action, {**rated.form("feedback").fields, "comment": "x" * 501}
    )
    assert (422, "x" * 501) == (long.status, long.form("feedback").fields["comment"])
    assert texts("sv", "site.feedback.too_long") in long.text


@pytest.mark.parametrize(
    ("email", "key"),
    [("", "required"), ("inte en adress", "invalid")],
)
async def test_a_copy_by_mail_needs_an_address(
    start_gateway, settings, visitor, texts, email, key
) -> None:
    """Said at the field and in the title; without a mail server nothing is offered."""
    assert 'href="/ekhamn/copy"' not in (await visitor.write("hej")).html
    visitor.api = await start_gateway(
        settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1})
    )
    page = await visitor.get("/ekhamn")
    assert 'href="/ekhamn/copy"' in page.html
    wrong = await visitor.send((await visitor.get("/ekhamn/copy")).form("copy"), email=email)
    assert (422, email) == (wrong.status, wrong.form("copy").fields["email"])
    assert texts("sv", f"site.email.error.{key}") in wrong.text
    assert wrong.title.startswith(texts("sv", "site.error.title"))
    away = await visitor.send(wrong.form("copy"), email="jag@example.org")
    assert (503, "jag@example.org") == (away.status, away.form("copy").fields["email"])
    assert texts("sv", "site.copy.error.mail") in away.text


async def test_the_place_in_the_queue(visitor, other, texts) -> None:
    """Whoever waits is told which number they are."""
    for number, each in enumerate((visitor, other), start=1):
        page = await each.send((await each.get("/ekhamn")).form("person"))
        assert texts("sv", "site.place", position=str(number)) in page.text


async def test_a_question_becomes_a_case(start_gateway, settings, visitor, operator, texts) -> None:
    """From the offer while nobody is there: form, faults, reference; the desk has it."""
    visitor.api = await start_gateway(
        settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1})
    )
    await visitor.write("Vem äger bänken?")
    waiting = await visitor.send((await visitor.get("/ekhamn")).form("person"))
    assert "waiting" in waiting.html
    form = await visitor.get("/ekhamn/case")
    assert "Vem äger bänken?" == form.form("case").fields["text"]
    wrong = await visitor.send(form.form("case"), email="fel")
    nothing = await visitor.send(form.form("case"), email="", text=" ")
    asked, address = (
        texts("sv", f"{key}") for key in ("widget.ask.text", "site.email.error.required")
    )
    assert nothing.text.index(asked) < nothing.text.index(address)
    assert (422, "fel") == (wrong.status, wrong.form("case").fields["email"])
    assert texts("sv", "site.email.error.invalid") in wrong.text
    made = await visitor.send(wrong.form("case"), email="jag@example.org")
    assert (200, "system") == (made.status, made.authors[-1])
    assert "EK-" in made.text
    assert 'href="/ekhamn/case"' not in made.html
    assert "jag@example.org" not in made.html
    assert texts("sv", "widget.person") in made.text


async def test_an_offer_taken_in_words_leads_to_its_form(
    start_gateway, settings, visitor, texts
) -> None:
    """While waiting too; the words that took it are no part of the question."""
    visitor.api = await start_gateway(
        settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1})
    )
    await visitor.write("Vem äger bänken?")
    await visitor.send((await visitor.get("/ekhamn")).form("person"))
    form = await visitor.write("få svar med e-post!")
    assert "/ekhamn/case" == form.address
    assert "Vem äger bänken?" == form.form("case").fields["text"]
    assert ["resident", "system"] == (await visitor.get("/ekhamn")).authors[-2:]


async def test_no_case_without_mail(visitor, texts) -> None:
    """Where no mail can be sent there is no form, and posting to it changes nothing."""
    page = await visitor.write("hej")
    assert "/ekhamn" == (await visitor.get("/ekhamn/case")).address
    fields = {**page.form("messages").fields, "email": "jag@example.org", "text": "hej"}
    assert 409 == (await visitor.post("/ekhamn/case", fields)).status
