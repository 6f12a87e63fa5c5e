"""The editor's API: a thin way through to knowledge."""

import pytest

ARTICLE = {
    "id": "bygglov",
    "title": "Bygglov",
    "language": "sv",
    "url": "/demo/ekhamn/bygga-och-bo/bygglov",
    "category": "Bygga och bo",
    "status": "changed",
    "updated": "2026-05-04",
    "revision": 2,
    "published_revision": 1,
    "text": "Du behöver **bygglov**.",
    "questions": ["Vad kostar bygglov?"],
    "revisions": [
        {
            "revision": 2,
            "title": "Bygglov",
            "author": "Ekhamns webbredaktion",
            "created_at": "2026-05-04T08:00:00+00:00",
            "published_at": None,
        }
    ],
}
BASE = "/v1/municipalities/ekhamn/articles"
MINE = "/api/v1/editor/articles"


async def test_list_and_search(editor, knowledge) -> None:
    """The query goes along; the list comes back as it is."""
    summary = {key: ARTICLE[key] for key in list(ARTICLE)[:9]}
    knowledge.replies["GET", BASE] = (200, {"articles": [summary]})
    answer = await editor.ask("GET", f"{MINE}?query=bygg%20lov&limit=5&author=x")
    assert (200, {"articles": [summary]}) == (answer.status, answer.json)
    assert ("GET", BASE, {"query": "bygg lov", "limit": "5"}, None) == knowledge.asked[0]


async def test_read_an_article_and_a_revision(editor, knowledge) -> None:
    """Text and history come as knowledge has them."""
    revision = {
        **{key: ARTICLE[key] for key in ("title", "text", "language", "url")},
        "revision": 1,
        "author": "x",
        "created_at": "2026-05-04T08:00:00+00:00",
        "published_at": None,
    }
    knowledge.replies["GET", f"{BASE}/bygglov"] = (200, ARTICLE)
    knowledge.replies["GET", f"{BASE}/bygglov/revisions/1"] = (200, revision)
    assert ARTICLE == (await editor.ask("GET", f"{MINE}/bygglov")).json
    assert revision == (await editor.ask("GET", f"{MINE}/bygglov/revisions/1")).json


async def test_create_change_publish_are_signed_with_the_sessions_name(editor, knowledge) -> None:
    """The author is who is signed in, whatever the request says."""
    knowledge.replies["POST", BASE] = (201, ARTICLE)
    knowledge.replies["PUT", f"{BASE}/bygglov"] = (200, ARTICLE)
    knowledge.replies["POST", f"{BASE}/bygglov/publish"] = (200, ARTICLE)
    fields = {
        "title": "Bygglov",
        "text": "Ny text",
        "language": "sv",
        "url": ARTICLE["url"],
        "questions": [],
        "category": "Bygga och bo",
    }
    author = {"author": "Ekhamns webbredaktion"}
    created = await editor.ask("POST", MINE, json={**fields, "author": "någon annan"})
    assert 201 == created.status
    changed = await editor.ask("PUT", f"{MINE}/bygglov", json={**fields, "base_revision": 1})
    assert 200 == changed.status
    for options in ({"json": {"revision": None}}, {"json": {}}, {}):
        published = await editor.ask("POST", f"{MINE}/bygglov/publish", **options)
        assert 200 == published.status
    assert [
        {**fields, **author},
        {**fields, "base_revision": 1, **author},
        {"revision": None, **author},
        author,
        author,
    ] == [body for _, _, _, body in knowledge.asked]


async def test_a_conflict_comes_with_both_texts(editor, knowledge) -> None:
    """409 is passed on whole."""
    conflict = {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It was changed.",
        "errors": [{"field": "base_revision", "code": "conflict", "detail": "x"}],
        "yours": {"text": "min"},
        "theirs": {"text": "din"},
    }
    knowledge.replies["PUT", f"{BASE}/bygglov"] = (409, conflict)
    body = {"title": "x", "base_revision": 1}
    answer = await editor.ask("PUT", f"{MINE}/bygglov", json=body)
    assert (409, conflict) == (answer.status, answer.json)


async def test_faults_come_with_their_fields(editor, knowledge) -> None:
    """422 of knowledge is passed on; a body of the wrong form is refused here."""
    answer = await editor.ask("POST", MINE, json={"text": "x"})
    assert (422, [("title", "required")]) == (answer.status, answer.codes)
    knowledge.asked.clear()
    wrong = await editor.ask("POST", MINE, json={"title": 5, "questions": "x"})
    assert (422, [("title", "invalid"), ("questions", "invalid")]) == (wrong.status, wrong.codes)
    for data, status in ((b"{", 400), (b" " * (1024 * 1024 + 1), 413)):
        headers = {"Content-Type": "application/json"}
        refused = await editor.ask("POST", MINE, data=data, headers=headers)
        assert status == refused.status
    assert 415 == (await editor.ask("POST", MINE, data={"title": "x"})).status
    assert [] == knowledge.asked


async def test_an_unknown_article(editor) -> None:
    """404 is passed on."""
    assert 404 == (await editor.ask("GET", f"{MINE}/nothing")).status


@pytest.mark.parametrize("reply", [(500, {}), (503, {"detail": "x"}), (302, {}), (200, [])])
async def test_knowledge_fails(editor, knowledge, reply) -> None:
    """Whatever it fails with, the editor is told that the articles can't be reached."""
    knowledge.replies["GET", BASE] = reply
    answer = await editor.ask("GET", MINE)
    assert 503 == answer.status
    assert "Retry-After" in answer.headers


async def test_knowledge_is_down(editor, knowledge_server) -> None:
    """503, and the preview still works."""
    await knowledge_server.close()
    assert 503 == (await editor.ask("GET", MINE)).status
    preview = await editor.ask("POST", "/api/v1/editor/preview", json={"text": "**hej**"})
    assert {"html": "<p><strong>hej</strong></p>\n"} == preview.json


async def test_the_preview_is_safe(editor) -> None:
    """Scripts in Markdown never become scripts."""
    text = '<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="alert(1)">'
    preview = await editor.ask("POST", "/api/v1/editor/preview", json={"text": text})
    html = preview.json["html"]
    for bad in ("<script", "<img", 'href="javascript'):
        assert bad not in html


async def test_articles_that_contradict_each_other_are_listed(editor, knowledge) -> None:
    """As knowledge has them, for those who may edit."""
    side = {"article": "bad", "title": "Bad", "url": "/bad", "text": "35 kronor"}
    found = {
        "kind": "money",
        "sides": [side, {**side, "article": "simhall", "text": "30 kronor"}],
        "asked": 2,
        "first_seen": "2026-05-04T08:00:00+00:00",
        "last_seen": "2026-05-04T08:00:00+00:00",
    }
    path = "/v1/municipalities/ekhamn/contradictions"
    knowledge.replies["GET", path] = (200, {"contradictions": [found]})
    answer = await editor.ask("GET", "/api/v1/editor/contradictions")
    assert (200, {"contradictions": [found]}) == (answer.status, answer.json)
