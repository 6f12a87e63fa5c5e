"""A conversation on the municipality's page, by forms alone and the services of the API."""

import asyncio
import re

import pytest
from sqlalchemy import func, select

from gateway.keys import CONVERSATIONS, DATABASE, MUNICIPALITIES
from gateway.tables import ConversationRow, FeedbackRow, MessageRow

SOURCE = {
    "article": "bygglov",
    "title": "Söka bygglov",
    "heading": "Avgift",
    "url": "/demo/ekhamn/bygga/bygglov#avgift",
    "updated": "2026-03-12",
}
ANSWER = {
    "text": "Ett bygglov kostar **8 900 kr**.",
    "choices": [],
    "answer": {"status": "answered", "confidence": 0.9, "sources": [SOURCE]},
}
UNSURE = {
    "text": "Menar du något av det här?",
    "choices": [
        {"title": "Söka bygglov", "text": "Söka bygglov", "chunk": "bygglov#", "action": None},
        {"title": "Prata", "text": "Jag vill prata", "chunk": None, "action": "handoff"},
    ],
    "answer": {"status": "clarification", "confidence": 0.4, "sources": []},
}


async def rows(api, table) -> int:
    async with api.client.app[DATABASE].reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_looking_at_the_page_begins_nothing(api, visitor, texts) -> None:
    """No row, no cookie: whoever passes by, a search engine too, leaves nothing behind."""
    page = await visitor.get("/ekhamn")
    assert (200, {}) == (page.status, visitor.cookies)
    assert texts("sv", "widget.greeting", municipality="Ekhamns kommun") in page.text
    assert 0 == await rows(api, ConversationRow)


async def test_a_question_is_answered_on_the_page(visitor, bot) -> None:
    """The form leads back to the page, at the reply, with author, time and source."""
    bot.says(ANSWER)
    page = await visitor.write("Vad kostar bygglov?")
    assert ["bot", "resident", "bot"] == page.authors
    assert "/ekhamn?after=2#m3" == page.address
    assert "<strong>8&nbsp;900&nbsp;kr</strong>" in page.html
    assert 'href="/demo/ekhamn/bygga/bygglov#avgift">Söka bygglov</a>' in page.html
    assert "Uppdaterad 12 mars 2026" in page.text
    assert ["Vad kostar bygglov?"] == [turn["text"] for turn in bot.turns]
    assert page.title.startswith("1 nytt meddelande")


async def test_the_conversation_goes_on(visitor, bot, api) -> None:
    """The cookie leads back to the same conversation, and loading again sends nothing again."""
    await visitor.write("ett")
    page = await visitor.write("två")
    again = await visitor.get(page.address)
    assert ["bot", "resident", "bot", "resident", "bot"] == page.authors == again.authors
    assert 1 == await rows(api, ConversationRow)
    assert 2 == len(bot.turns)


async def test_the_cookie_is_this_pages_alone(visitor) -> None:
    """HttpOnly, SameSite=Lax, only below the page's address; the token is nowhere else."""
    page = await visitor.write("hej")
    cookie = visitor.cookies["svar_conversation"]
    assert ("/ekhamn", "Lax", True) == (cookie["path"], cookie["samesite"], cookie["httponly"])
    token = cookie.value.partition(".")[2]
    assert token not in page.html
    assert "no-store" == page.headers["Cache-Control"]


async def test_the_cookie_needs_https_where_the_page_has_it(start_gateway, settings, api) -> None:
    """Behind https the browser never sends it without."""
    secure = settings.model_copy(update={"public_url": "https://svar.example.org"})
    await api.client.close()
    gateway = await start_gateway(secure)
    answer = await gateway.ask(
        "POST", "/ekhamn/person", data={"form": ""}, headers={"Origin": "https://svar.example.org"}
    )
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_form_sent_twice_is_one_message(api, visitor, bot) -> None:
    """A double click on the first question begins one conversation with one message."""
    bot.seconds = 0.1
    form = (await visitor.get("/ekhamn")).form("messages")
    fields = {**form.fields, "text": "hej"}
    await asyncio.gather(*(visitor.post(form.action, fields) for _ in range(3)))
    assert (1, 3) == (await rows(api, ConversationRow), await rows(api, MessageRow))
    assert 1 == len(bot.turns)


async def test_a_later_form_sent_twice_is_one_message(api, visitor, bot) -> None:
    """Two clicks, or the answer to the form loaded again: one message, and the same page."""
    page = await visitor.write("ett")
    bot.seconds = 0.1
    form = page.form("messages")
    fields = {**form.fields, "text": "två"}
    clicks = await asyncio.gather(*(visitor.post(form.action, fields) for _ in range(2)))
    again = await visitor.post(form.action, fields)
    assert [(200, "/ekhamn?after=4#m5")] * 3 == [
        (each.status, each.address) for each in (*clicks, again)
    ]
    assert ["bot", "resident", "bot", "resident", "bot"] == again.authors
    assert 2 == len(bot.turns)


async def test_a_wish_for_a_person_sent_twice_is_one_wish(visitor) -> None:
    """Whoever waits already is shown the page, without a further word about it."""
    form = (await visitor.write("hej")).form("person")
    first = await visitor.send(form)
    again = await visitor.send(form)
    assert first.authors == again.authors


async def test_a_choice_is_a_button(visitor, bot) -> None:
    """Taking it says its text and names the page that was chosen."""
    bot.says(UNSURE)
    page = await visitor.write("bygg")
    choices = [each for each in page.forms if len(each.buttons) and "text" == each.buttons[0][0]]
    assert [[("text", "Söka bygglov")]] == [each.buttons for each in choices]
    bot.says(ANSWER)
    after = await visitor.send(choices[0])
    assert "bygglov#" == bot.turns[-1]["metadata"]["chunk"]
    assert ["resident", "bot"] == after.authors[-2:]
    assert [] == [each for each in after.forms if ("text", "Söka bygglov") in each.buttons]


async def test_the_offer_of_a_person_stands_out(visitor, bot) -> None:
    """The one button for it is the primary one after an offer."""
    bot.says(UNSURE)
    before = await visitor.get("/ekhamn")
    after = await visitor.write("bygg")
    button = '<button class="ds-button" data-variant="primary">Prata med en person</button>'
    assert (False, True) == (button in before.html, button in after.html)


async def test_asking_for_a_person(visitor, operator, texts) -> None:
    """The desk sees the conversation, the page says that one waits, and what is new is marked."""
    await visitor.write("Jag behöver hjälp")
    page = await visitor.send((await visitor.get("/ekhamn")).form("person"))
    assert texts("sv", "widget.status.waiting") in page.text
    (waiting,) = (await operator.queue())["waiting"]
    await operator.desk(waiting["id"], "claim")
    seen = int(re.search(r"after=(\d+)", page.html.partition('data-status="')[2])[1])
    nothing = await visitor.get(f"/ekhamn?after={seen + 1}")
    await operator.desk(waiting["id"], "messages", {"text": "Hej, se https://ekhamn.example/x."})
    news = await visitor.get(f"/ekhamn?after={seen + 1}")
    assert texts("sv", "site.news.none", time="").rpartition(" ")[0] in nothing.text
    assert "1 nytt meddelande" in news.title
    assert 'href="https://ekhamn.example/x" class="ds-link"' in news.html.replace(
        'class="ds-link" href="https://ekhamn.example/x"',
        'href="https://ekhamn.example/x" class="ds-link"',
    )
    assert texts("sv", "widget.status.with_operator") in news.text


async def test_a_person_can_be_asked_for_at_once(visitor, operator) -> None:
    """Without a question first."""
    page = await visitor.send((await visitor.get("/ekhamn")).form("person"))
    assert "waiting" in page.html
    assert 1 == len((await operator.queue())["waiting"])


async def test_an_answer_can_be_rated(api, visitor, bot, texts) -> None:
    """With one press; the page thanks and remembers."""
    bot.says(ANSWER)
    page = await visitor.write("Vad kostar bygglov?")
    thanked = await visitor.send(page.form("feedback"), button=1)
    assert texts("sv", "widget.feedback.thanks.no") in thanked.text
    async with api.client.app[DATABASE].reading() as session:
        found = (await session.execute(select(FeedbackRow.seq, FeedbackRow.helpful))).all()
    assert [(3, False)] == found
    assert texts("sv", "widget.feedback.thanks.no") in (await visitor.get("/ekhamn")).text


async def test_erasing_is_asked_and_done(api, visitor, bot, texts) -> None:
    """A page asks first; then rows, the bot's memory and the cookie are gone."""
    await visitor.write("hej")
    question = await visitor.get("/ekhamn/erase")
    assert texts("sv", "site.erase.text") in question.text
    page = await visitor.send(question.form("erase"))
    assert texts("sv", "widget.erased") in page.text
    assert ({}, 0, 1) == (visitor.cookies, await rows(api, ConversationRow), len(bot.forgotten))
    assert "/ekhamn" == (await visitor.get("/ekhamn/erase")).address


async def test_what_is_wrong_is_said_and_kept(visitor, bot, texts) -> None:
    """An empty or too long text: summary, title, the field's description, and every sign."""
    empty = await visitor.write("   ")
    long = "å" * 2001 + "\r\n<x>"
    page = await visitor.write(long)
    assert (422, 422) == (empty.status, page.status)
    assert texts("sv", "widget.error.required") in empty.text
    assert texts("sv", "widget.error.too_long.many", count="5") in page.text
    assert page.title.startswith(texts("sv", "site.error.title"))
    assert long.replace("\r\n", "\n") == page.form("messages").fields["text"]
    assert '<a class="ds-link" href="#text">' in page.html
    assert 'aria-describedby="text-hint text-error" aria-invalid="true"' in page.html
    assert [] == bot.turns


async def test_a_message_of_ten_megabytes_is_told_on_the_page(visitor, bot, texts) -> None:
    """It isn't read; the conversation stays, and the page says what to do."""
    page = await visitor.write("hej")
    told = await visitor.send(page.form("messages"), text="å" * 5_000_000)
    assert 413 == told.status
    assert " ".join(texts("sv", "site.error.too_big").split()) in told.text
    assert told.title.startswith(texts("sv", "site.error.title"))
    assert page.authors == told.authors
    assert 1 == len(bot.turns)


async def test_two_thousand_signs_are_not_too_long(visitor, bot) -> None:
    """Browsers send a line break as two signs; it counts as one, as everywhere else."""
    page = await visitor.write("a" * 1000 + "\r\n" + "b" * 999)
    assert (200, 2000) == (page.status, len(bot.turns[0]["text"]))


async def test_personal_data_is_masked(visitor, bot) -> None:
    """The same masking as everywhere."""
    page = await visitor.write("Mitt nummer är 19811228-9874")
    assert "9874" not in page.html + bot.turns[0]["text"]


async def test_the_bot_is_away(visitor, bot_server, texts) -> None:
    """The page says so honestly; the message is kept, and a person is offered."""
    await bot_server.close()
    page = await visitor.write("hej")
    assert (200, ["bot", "resident", "system"]) == (page.status, page.authors)
    assert texts("sv", "system.error") in page.text


async def test_a_closed_conversation_leads_to_a_new_one(api, visitor, operator, texts) -> None:
    """What was typed while it closed stays, and sent again begins anew."""
    typing = await visitor.write("hej")
    await visitor.send(typing.form("person"))
    (waiting,) = (await operator.queue())["waiting"]
    await operator.desk(waiting["id"], "claim")
    await operator.desk(waiting["id"], "resolve", {"outcome": "closed"})
    refused = await visitor.send(typing.form("messages"), text="Tack, men")
    assert (409, "Tack, men") == (refused.status, refused.form("messages").fields["text"])
    assert texts("sv", "site.error.closed") in refused.text
    anew = await visitor.send(refused.form("messages"))
    assert (200, ["bot", "resident", "bot"]) == (anew.status, anew.authors)
    assert 2 == await rows(api, ConversationRow)


async def test_a_conversation_that_is_gone(api, visitor, texts) -> None:
    """Erased elsewhere: the page begins again, and what was typed is not lost."""
    form = (await visitor.write("hej")).form("messages")
    conversations = api.client.app[CONVERSATIONS]
    id_, _, token = visitor.cookies["svar_conversation"].value.partition(".")
    await conversations.erase(await conversations.open(id_, token))
    page = await visitor.send(form, text="Är du kvar?")
    assert (409, {}) == (page.status, visitor.cookies)
    assert texts("sv", "site.error.gone") in page.text
    assert "Är du kvar?" == page.form("messages").fields["text"]
    assert 200 == (await visitor.send(page.form("messages"))).status


async def test_something_unforeseen(visitor, monkeypatch, api, texts) -> None:
    """A page says so; what was typed and the conversation are still there."""
    form = (await visitor.write("hej")).form("messages")

    async def fail(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(api.client.app[CONVERSATIONS], "speak", fail)
    page = await visitor.send(form, text="viktigt")
    assert (500, "viktigt") == (page.status, page.form("messages").fields["text"])
    assert texts("sv", "site.error.server") in page.text
    monkeypatch.undo()
    assert ["bot", "resident", "bot", "resident", "bot"] == (
        await visitor.send(page.form("messages"))
    ).authors


async def test_the_page_speaks_the_residents_language(api, visitor, bot, texts) -> None:
    """The browser's wish at first, then what was chosen; the system's messages follow."""
    visitor.language = "nn-NO, nb;q=0.5"
    page = await visitor.get("/fjordvik")
    assert '<html lang="nn"' in page.html
    chosen = await visitor.get("/fjordvik?language=nb")
    assert '<html lang="nb"' in chosen.html
    await visitor.send(chosen.form("messages"), text="hei")
    assert '<html lang="nb"' in (await visitor.get("/fjordvik")).html
    nynorsk = await visitor.get("/fjordvik?language=nn")
    after = await visitor.send(nynorsk.form("person"))
    assert '<html lang="nn"' in after.html
    hours = api.client.app[MUNICIPALITIES]["fjordvik"].hours["nn"]
    phone = "55 00 01 00"
    said = texts("nn", "system.waiting_nobody_there", phone=phone, hours=hours)
    assert said in after.text


@pytest.mark.parametrize("path", ["/ekhamn/messages", "/ekhamn/person", "/ekhamn/continue"])
async def test_a_forms_address_leads_back(visitor, path) -> None:
    """Whoever loads it again by hand comes to the page."""
    assert "/ekhamn" == (await visitor.get(path)).address


async def test_addresses(visitor) -> None:
    """With a slash at the end too; an unknown municipality is a page that is not there."""
    assert "/ekhamn" == (await visitor.get("/ekhamn/")).address
    for path in ("/atlantis", "/atlantis/privacy", "/ekhamn/nothing"):
        page = await visitor.get(path)
        assert (404, True) == (page.status, "<h1" in page.html)


async def test_words_are_words(visitor, bot) -> None:
    """What anybody writes stands on the page as text and runs nothing."""
    bot.says({"text": "<script>x</script> [här](javascript:x)", "choices": [], "answer": None})
    page = await visitor.write("<script>alert(1)</script>\nrad två")
    assert [] == re.findall(
        r"<script(?! type)|javascript:", page.html.replace("(javascript:x)", "")
    )
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nrad två" in page.html
