"""Nobody else can write in a resident's conversation, or lead a resident into theirs."""

import pytest

from gateway.municipalities import MunicipalityError, load_municipalities
from gateway.settings import PACKAGE


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
async def test_a_form_of_another_website_does_nothing(visitor, bot, origin) -> None:
    """Whatever it knows."""
    form = (await visitor.write("hej")).form("messages")
    page = await visitor.post(form.action, {**form.fields, "text": "tack"}, origin)
    assert (403, 1) == (page.status, len(bot.turns))


async def test_a_browser_that_does_not_say_where_it_is(visitor, bot) -> None:
    """Without an Origin the form's own word decides; with "null", whether the site is the same."""
    form = (await visitor.write("hej")).form("messages")
    fields = {**form.fields, "text": "tack"}
    assert 200 == (await visitor.post(form.action, fields, None)).status
    forged = await visitor.post(form.action, {**fields, "form": "gissat"}, None)
    assert (409, 2) == (forged.status, len(bot.turns))


async def test_a_form_belongs_to_its_conversation(visitor, bot, texts) -> None:
    """One from before another conversation began writes nothing into that; the text is kept."""
    old = (await visitor.write("hej")).form("messages")
    visitor.cookies.clear()
    await visitor.write("något annat")
    page = await visitor.send(old, text="hör inte hit")
    assert (409, "hör inte hit") == (page.status, page.form("messages").fields["text"])
    assert texts("sv", "site.error.changed") in page.text
    assert 2 == len(bot.turns)


async def test_a_cookie_opens_one_municipalitys_page(api, visitor) -> None:
    """Another municipality's conversation is none, whoever puts its cookie there."""
    resident = await api.resident("fjordvik", "nb")
    await resident.write("hemmelig spørsmål")
    value = f"svar_conversation={resident.id}.{resident.token}"
    for path in ("/ekhamn", "/ekhamn/erase"):
        answer = await api.ask("GET", path, headers={"Cookie": value})
        assert "hemmelig" not in answer.text
    own = await api.ask("GET", "/fjordvik", headers={"Cookie": value})
    assert "hemmelig spørsmål" in own.text
    for part in ("messages", "person", "feedback", "erase"):
        fields = {"form": "", "text": "x", "message": "1", "helpful": "yes"}
        await api.ask("POST", f"/ekhamn/{part}", data=fields, headers={"Cookie": value})
    assert [("bot", "Svar på: hemmelig spørsmål")] == (await resident.transcript())[2:]


@pytest.mark.parametrize(
    "value", ["", "x", "x.y", ".", "a" * 5000, "3f0c2f62-6a3e-4f3c-9d0b-0d5b4c1c2a11.åäö"]
)
async def test_a_cookie_that_opens_nothing(api, value) -> None:
    """Is no conversation, and is forgotten."""
    cookie = f"svar_conversation={value}".encode().decode("latin-1")
    answer = await api.ask("GET", "/ekhamn", headers={"Cookie": cookie})
    assert 200 == answer.status


async def test_the_wrong_token_opens_nothing(api) -> None:
    """An id alone is worth nothing."""
    resident = await api.resident()
    await resident.write("hemligt")
    answer = await api.ask(
        "GET", "/ekhamn", headers={"Cookie": f"svar_conversation={resident.id}.{'x' * 43}"}
    )
    assert "hemligt" not in answer.text


async def test_only_forms_are_taken(api) -> None:
    """No JSON, no files, nothing that is no text."""
    for options, status in (
        ({"json": {"text": "hej"}}, 415),
        ({"data": b"text=%E5", "headers": {"Content-Type": "text/plain"}}, 415),
        (
            {
                "data": b"text=\xff\xfe",
                "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            },
            400,
        ),
        (
            {
                "data": b"text=a",
                "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=nix"},
            },
            400,
        ),
    ):
        assert status == (await api.ask("POST", "/ekhamn/messages", **options)).status


async def test_carrying_a_conversation_over(api, visitor, bot) -> None:
    """From a website that carries the chat, by a form with id and token; it goes on here."""
    resident = await api.resident()
    await resident.write("från chatten")
    fields = {"conversation": resident.id, "token": resident.token}
    page = await visitor.post("/ekhamn/continue", fields, "https://www.ekhamn.example")
    assert (200, ["bot", "resident", "bot"]) == (page.status, page.authors)
    await visitor.send(page.form("messages"), text="här")
    assert ["från chatten", "här"] == [
        text for author, text in await resident.transcript() if author == "resident"
    ]
    assert resident.token not in page.html + page.address


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_nobody_is_led_into_anothers_conversation(api, visitor, texts, origin) -> None:
    """From anywhere else the form leads to the page, in the conversation that was there."""
    await visitor.write("mitt eget")
    own = visitor.cookies["svar_conversation"].value
    trap = await api.resident()
    fields = {"conversation": trap.id, "token": trap.token}
    page = await visitor.post("/ekhamn/continue", fields, origin)
    assert own == visitor.cookies["svar_conversation"].value
    assert "mitt eget" in page.text
    assert texts("sv", "site.done.lost") in page.text


async def test_carrying_over_what_is_gone(visitor, texts) -> None:
    """The page says so and offers to begin."""
    fields = {"conversation": "3f0c2f62-6a3e-4f3c-9d0b-0d5b4c1c2a11", "token": "x"}
    page = await visitor.post("/ekhamn/continue", fields, "https://www.ekhamn.example")
    assert (200, {}) == (page.status, visitor.cookies)
    assert texts("sv", "site.done.lost") in page.text


async def test_what_the_page_holds_is_kept_by_nobody(visitor) -> None:
    """No cache, no script, nothing inline or from elsewhere."""
    page = await visitor.write("hej")
    assert "no-store" == page.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    for sign in ("<script", "<style", " style=", " onclick="):
        assert sign not in page.html


@pytest.mark.parametrize("name", ["api", "desk", "static"])
def test_a_municipality_can_not_be_called_as_the_gateways_own(tmp_path, name) -> None:
    """Its page would be hidden behind what stands there."""
    text = (PACKAGE / "municipalities" / "ekhamn.toml").read_text("utf-8")
    (tmp_path / "x.toml").write_text(text.replace('id = "ekhamn"', f'id = "{name}"'), "utf-8")
    with pytest.raises(MunicipalityError, match=name):
        load_municipalities(tmp_path)
