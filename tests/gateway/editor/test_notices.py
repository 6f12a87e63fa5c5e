"""What editors tell every resident for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.keys import NOTICES

PATH = "/api/v1/editor/notices"
CUT = "Vattnet är avstängt på Storgatan till kl. 15."


def notice(begins: float = -1, ends: float = 1, **texts: str) -> dict[str, object]:
    """A notice from and until so many hours from now."""
    moment = datetime.now(UTC)
    return {
        "texts": texts or {"sv": CUT},
        "starts_at": (moment + timedelta(hours=begins)).isoformat(),
        "ends_at": (moment + timedelta(hours=ends)).isoformat(),
    }


async def shown(api, municipality: str = "ekhamn", query: str = "") -> object:
    answer = await api.ask("GET", f"/api/v1/municipalities/{municipality}{query}")
    return answer.json["notice"]


@pytest.mark.parametrize("account", ["editor", "admin"])
async def test_a_notice_is_shown_everywhere(api, sign_in, account) -> None:
    """On the page and to the chat, with the day it began, until it is taken away."""
    staff = await sign_in(f"{account}@ekhamn.example")
    assert None is await shown(api)
    made = await staff.ask("POST", PATH, json=notice())
    assert 201 == made.status
    assert CUT == (await shown(api))["text"]
    assert CUT in (await api.ask("GET", "/ekhamn")).text
    assert [made.json] == (await staff.ask("GET", PATH)).json["notices"]
    assert 204 == (await staff.ask("DELETE", f"{PATH}/{made.json['id']}")).status
    assert None is await shown(api)
    assert CUT not in (await api.ask("GET", "/ekhamn")).text


async def test_only_between_its_moments(api, editor) -> None:
    """What is still to come waits, and the editor sees it; what is over is gone from both."""
    later = (await editor.ask("POST", PATH, json=notice(begins=1, ends=2))).json
    assert None is await shown(api)
    assert [later] == (await editor.ask("GET", PATH)).json["notices"]
    notices = api.client.app[NOTICES]
    begins, ends = (datetime.fromisoformat(later[name]) for name in ("starts_at", "ends_at"))
    second = timedelta(seconds=1)
    assert [0, 1, 1, 0] == [
        len(await notices.current("ekhamn", moment))
        for moment in (begins - second, begins + second, ends - second, ends + second)
    ]


async def test_the_day_is_the_municipalitys(api, editor) -> None:
    """Half past eleven in the evening of London is the next day in Ekhamn."""
    late = {**notice(), "starts_at": "2026-03-11T23:30:00Z"}
    await editor.ask("POST", PATH, json={**late, "ends_at": "2100-01-01T00:00:00Z"})
    page = (await api.ask("GET", "/ekhamn")).text
    assert '<time datetime="2026-03-12">' in page


async def test_a_notice_can_be_changed(api, editor) -> None:
    """The new text is shown at once."""
    made = (await editor.ask("POST", PATH, json=notice())).json
    path = f"{PATH}/{made['id']}"
    changed = await editor.ask("PUT", path, json=notice(sv="Vattnet är på igen."))
    assert (200, "Vattnet är på igen.") == (changed.status, (await shown(api))["text"])


async def test_two_at_once(api, editor) -> None:
    """Both are shown: snow does not hide a burst main."""
    await editor.ask("POST", PATH, json=notice(begins=-2))
    await editor.ask("POST", PATH, json=notice(sv="Det är halt i hela kommunen."))
    assert f"Det är halt i hela kommunen.\n\n{CUT}" == (await shown(api))["text"]
    page = (await api.ask("GET", "/ekhamn")).text
    assert CUT in page
    assert "Det är halt" in page


async def test_in_the_residents_language(api, sign_in) -> None:
    """Or in the municipality's own, when nobody wrote it in theirs."""
    staff = await sign_in("editor@fjordvik.example")
    both = notice(nb="Vannet er stengt.", nn="Vatnet er stengt.")
    made = (await staff.ask("POST", PATH, json=both)).json
    assert "Vatnet er stengt." == (await shown(api, "fjordvik", "?language=nn"))["text"]
    assert "Vannet er stengt." == (await shown(api, "fjordvik", "?language=sv"))["text"]
    await staff.ask("PUT", f"{PATH}/{made['id']}", json=notice(nb="Vannet er stengt.", nn=" "))
    page = (await api.ask("GET", "/fjordvik?language=nn")).text
    assert 'lang="nb">Vannet er stengt.' in page


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (notice(sv=" "), [("texts.sv", "required")]),
        (notice(nn="Hei"), [("texts.nn", "unknown")]),
        (notice(begins=1, ends=1), [("ends_at", "invalid")]),
        (notice(begins=-2, ends=-1), [("ends_at", "invalid")]),
        (notice(sv="x" * 501), [("texts.sv", "too_long")]),
        ({**notice(), "ends_at": "i morgon"}, [("ends_at", "invalid")]),
        ({**notice(), "ends_at": "2030-01-01T12:00:00"}, [("ends_at", "invalid")]),
        ({}, [("texts", "required"), ("starts_at", "required"), ("ends_at", "required")]),
    ],
)
async def test_what_can_not_be_kept(api, editor, body, codes) -> None:
    """Every field at fault is named, and nothing is shown."""
    answer = await editor.ask("POST", PATH, json=body)
    assert (422, codes) == (answer.status, answer.codes)
    assert None is await shown(api)


async def test_operators_and_strangers_may_not(api, operator, editor, sign_in) -> None:
    """Only editors and administrators of the municipality itself; without CSRF nobody."""
    made = (await editor.ask("POST", PATH, json=notice())).json
    path = f"{PATH}/{made['id']}"
    stranger = await sign_in("admin@fjordvik.example")
    for staff, status in ((operator, 403), (stranger, 404)):
        assert (
            status
            == (await staff.ask("PUT", path, json=notice(**{staff_language(staff): "x"}))).status
        )
        assert status == (await staff.ask("DELETE", path)).status
    assert [] == (await stranger.ask("GET", PATH)).json["notices"]
    refused = await editor.ask("DELETE", path, headers={"X-CSRF-Token": "x"})
    assert (403, CUT) == (refused.status, (await shown(api))["text"])
    assert None is await shown(api, "fjordvik")


def staff_language(staff) -> str:
    return "nb" if staff.session["municipality"] == "fjordvik" else "sv"


@pytest.mark.parametrize("id_", ["0", "999999", "x", "99999999999999999999"])
async def test_no_such_notice(editor, id_) -> None:
    """Is 404."""
    assert 404 == (await editor.ask("DELETE", f"{PATH}/{id_}")).status
