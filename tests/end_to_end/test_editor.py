"""What an editor does with the articles, and what residents are then answered."""

import re

import pytest
from playwright.sync_api import expect

BOTH = pytest.mark.parametrize("place", ["sv", "nb"], indirect=True)
LIMIT = 2_000  # ms from publishing to an answer with the new words

# Each test has an article of its own, so that their order does not matter.
CHANGED = {
    "sv": {
        "search": "skadedjur",
        "article": "skadedjur",
        "heading": "Igelkottar i trädgården",
        "sentence": "Kommunens igelkottsjour heter Taggen och svarar på Kvistgatan 88.",
        "question": "Vad heter kommunens igelkottsjour?",
    },
    "nb": {
        "search": "feiing",
        "article": "feiing-og-tilsyn",
        "heading": "Pinnsvin i hagen",
        "sentence": "Kommunens pinnsvinvakt heter Piggen og svarer i Kvistvegen 88.",
        "question": "Hva heter kommunens pinnsvinvakt?",
    },
}
NEW = {
    "sv": {
        "title": "Låna en lastcykel",
        "url": "/demo/ekhamn/trafik-och-gator/lastcykel",
        "category": "Trafik och gator",
        "text": "## Så lånar du lastcykeln\n\nLastcykeln Oxen hämtar du på Hjulgatan 5.\n",
        "questions": "Var hämtar jag lastcykeln?",
    },
    "nb": {
        "title": "Lån en lastesykkel",
        "url": "/demo/fjordvik/veg-og-parkering/lastesykkel",
        "category": "Veg og parkering",
        "text": "## Slik låner du lastesykkelen\n\nLastesykkelen Oksen henter du i Hjulvegen 5.\n",
        "questions": "Hvor henter jeg lastesykkelen?",
    },
}
CONFLICTING = {"sv": "sommarjobb", "nb": "vigsel"}
EARLIER = {"sv": "torgplats", "nb": "tt-kort"}
FAULTY = {"sv": "sotning-och-eldstad", "nb": "nabovarsel"}


@BOTH
def test_signing_in_to_the_editor(svar, page, place, staff_page, watch, shot) -> None:
    """A wrong password is explained; with the right one I see my municipality's articles only."""
    watch.expects("(GET|POST) /api/v1/session answered 401")
    editor = staff_page(page, place)
    page.goto("/editor")
    editor.sign_in(place.email("editor"), "fel lösenord")
    expect(page.get_by_role("alert")).to_have_text(place.t("staff.error.wrong"))
    shot(f"editor-sign-in-{place.language}", page)
    editor.sign_in(place.email("editor"), svar.accounts()[place.email("editor")])
    expect(editor.found.first).to_be_visible()
    assert editor.found.count() >= 30
    shot(f"editor-list-{place.language}", page)
    other = {"sv": "fjordvik", "nb": "ekhamn"}[place.language]
    assert other not in page.content().lower()
    page.get_by_label(place.t("editor.search")).fill("xyzzyx")
    expect(page.get_by_text(place.t("editor.search.none"))).to_be_visible()


@BOTH
def test_a_published_change_is_answered_at_once(
    place, seed, someone, chat_on, signed_in, shot
) -> None:
    """I find an article, add a sentence, see how it will look, publish, and residents get it.

    Two seconds after the press the assistant answers with the new words; the website has them.
    """
    change = CHANGED[place.language]
    article = seed(place.municipality, change["article"])
    chat = chat_on(someone(place.language), place)
    chat.open()
    editor = signed_in(place, "editor", "/editor")
    editor.find(change["search"], article.title)
    text = editor.input("text").input_value()
    editor.input("text").fill(f"{text}\n\n## {change['heading']}\n\n**{change['sentence']}**\n")
    expect(editor.preview.get_by_role("heading", name=change["heading"])).to_be_visible()
    expect(editor.preview.get_by_role("strong").last).to_have_text(change["sentence"])
    expect(editor.page.get_by_text(place.t("editor.unsaved"))).to_be_visible()
    # However long the article, what finds and what saves stays in sight.
    expect(editor.page.get_by_label(place.t("editor.search"))).to_be_in_viewport(ratio=1)
    expect(editor.button("editor.publish")).to_be_in_viewport(ratio=1)
    shot(f"editor-change-{place.language}", editor.page)
    chat.field.fill(change["question"])

    pressed = editor.page.evaluate("Date.now()")
    editor.publish()
    chat.field.press("Enter")
    answer = chat.says("bot").filter(has_text=change["sentence"])
    expect(answer).to_be_visible()
    waited = chat.page.evaluate("Date.now()") - pressed
    assert waited < LIMIT, f"the new words came {waited} ms after the press"
    expect(chat.source(answer).get_by_role("link")).to_have_text(article.title)
    expect(chat.source(answer).locator(".heading")).to_have_text(change["heading"])
    shot(f"editor-answer-{place.language}", chat.page)
    chat.source(answer).get_by_role("link").click()
    page = chat.page
    heading = page.get_by_role("article").get_by_role("heading", name=change["heading"])
    expect(heading).to_be_in_viewport()
    expect(page.get_by_role("article")).to_contain_text(change["sentence"])


@BOTH
def test_a_new_article_is_answered_once_it_is_published(
    place, someone, chat_on, signed_in, watch
) -> None:
    """A draft is nobody's answer; published, it has its page and its place among the answers."""
    watch.expects("/demo/.* answered 404")
    new = NEW[place.language]
    editor = signed_in(place, "editor", "/editor")
    editor.write_new(**new)
    editor.save()
    chat = chat_on(someone(place.language), place)
    draft = chat.page.request.get(new["url"])
    assert 404 == draft.status
    chat.open()
    sentence = new["text"].splitlines()[-1]
    expect(chat.ask(new["questions"])).not_to_contain_text(sentence)
    editor.publish()
    answer = chat.ask(new["questions"])
    expect(answer).to_contain_text(sentence)
    expect(chat.source(answer).get_by_role("link")).to_have_text(new["title"])
    chat.page.goto(new["url"])
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(new["title"])


@BOTH
def test_mistakes_are_told_at_their_fields(place, seed, signed_in, watch, shot) -> None:
    """Without a title, or with an address that is taken, I am told where, and keep what I wrote."""
    watch.expects("(POST|PUT) /api/v1/editor/articles.* answered 422")
    editor = signed_in(place, "editor", "/editor")
    taken = seed(place.municipality, FAULTY[place.language])
    written = NEW[place.language] | {
        "title": "",
        "url": taken.url,
        "text": "## A\n\nEn text.",
    }
    editor.write_new(**written)
    editor.button("editor.save").click()
    expect(editor.error("title")).to_have_text(place.t("editor.error.title.required"))
    expect(editor.input("title")).to_have_attribute("aria-invalid", "true")
    expect(editor.input("title")).to_be_focused()
    expect(editor.page.get_by_role("alert")).to_contain_text(place.t("editor.error.summary"))
    shot(f"editor-errors-{place.language}", editor.page)
    editor.input("title").fill("Provlampan")
    expect(editor.error("title")).to_be_hidden()
    editor.button("editor.save").click()
    expect(editor.error("url")).to_have_text(place.t("editor.error.url.taken"))
    for name in ("category", "text", "questions", "url"):
        expect(editor.input(name)).to_have_value(written[name])
    expect(editor.input("title")).to_have_value("Provlampan")

    own = f"{taken.url}-provlampan"
    editor.input("url").fill(own)
    editor.save()
    expect(editor.input("url")).to_have_value(own)
    editor.input("text").fill(" ")
    editor.button("editor.publish").click()
    expect(editor.error("text")).to_have_text(place.t("editor.error.text.required"))


@BOTH
def test_a_reload_loses_nothing_that_was_typed(place, seed, signed_in) -> None:
    """The browser closed on me: what I had typed is back in the fields, and I am told so."""
    article = seed(place.municipality, FAULTY[place.language])
    editor = signed_in(place, "editor", "/editor")
    editor.find(article.title, article.title)
    editor.input("text").fill("En mening som inte är sparad.")
    editor.page.on("dialog", lambda dialog: dialog.accept())
    editor.page.reload()
    expect(editor.found.first).to_be_visible()
    editor.find(article.title, article.title)
    expect(editor.page.get_by_text(place.t("editor.restored"))).to_be_visible()
    expect(editor.input("text")).to_have_value("En mening som inte är sparad.")
    editor.button("editor.restored.drop").click()
    expect(editor.input("text")).to_have_value(re.compile(re.escape(article.text.strip()[:60])))


@BOTH
def test_two_who_change_the_same_article_both_keep_their_text(
    place, seed, signed_in, watch, shot
) -> None:
    """A colleague saved meanwhile: I see both texts, and decide; nothing is overwritten unseen."""
    watch.expects("PUT /api/v1/editor/articles/.* answered 409")
    article = seed(place.municipality, CONFLICTING[place.language])
    first = signed_in(place, "editor", "/editor")
    second = signed_in(place, "admin", "/editor")
    for editor in (first, second):
        editor.find(article.title, article.title)
    second.input("text").fill("Kollegans text.")
    second.save()
    first.input("text").fill("Min egen text.")
    first.button("editor.save").click()
    dialog = first.page.get_by_role("dialog", name=place.t("editor.conflict.title"))
    yours = dialog.get_by_role("region", name=place.t("editor.conflict.yours"))
    theirs = dialog.get_by_role("region", name=place.t("editor.conflict.theirs"))
    expect(yours).to_contain_text("Min egen text.")
    expect(theirs).to_contain_text("Kollegans text.")
    expect(theirs).to_contain_text(article.title)
    shot(f"editor-conflict-{place.language}", first.page)
    first.button("editor.conflict.keep", dialog).click()
    expect(first.input("text")).to_have_value("Min egen text.")
    expect(first.note).to_have_text(place.t("editor.conflict.kept"))
    first.save()
    # The colleague, who has the older text still, is not run over either.
    second.input("text").fill("Kollegans andra text.")
    second.button("editor.save").click()
    dialog = second.page.get_by_role("dialog", name=place.t("editor.conflict.title"))
    expect(dialog).to_contain_text("Min egen text.")
    second.button("editor.conflict.take", dialog).click()
    expect(second.input("text")).to_have_value("Min egen text.")


@BOTH
def test_an_earlier_version_can_be_read_and_used(place, seed, signed_in, shot) -> None:
    """All that was ever saved is there: I read the first version and take its text up again."""
    article = seed(place.municipality, EARLIER[place.language])
    editor = signed_in(place, "editor", "/editor")
    editor.find(article.title, article.title)
    original = editor.input("text").input_value()
    editor.input("text").fill("En helt ny text.")
    editor.publish()
    revisions = editor.page.locator("details.revisions")
    revisions.locator("summary").click()
    expect(revisions.get_by_role("listitem")).to_have_count(2)
    first = revisions.get_by_role("listitem").last
    expect(first).to_contain_text(place.t("editor.revision", revision=1))
    first.get_by_role("button").click()
    dialog = editor.page.get_by_role("dialog", name=place.t("editor.revision", revision=1))
    expect(dialog).to_contain_text(original.strip().splitlines()[0])
    shot(f"editor-revision-{place.language}", editor.page)
    editor.button("editor.revision.use", dialog).click()
    expect(editor.input("text")).to_have_value(original)
    editor.publish()
    expect(editor.input("text")).to_have_value(original)


@BOTH
def test_an_operator_is_not_let_in(place, signed_in, watch) -> None:
    """With an operator's account the editor says kindly that it is not for me."""
    watch.expects("/api/v1/editor/")
    editor = signed_in(place, "operator", "/editor")
    expect(editor.page.get_by_text(place.t("staff.error.role"))).to_be_visible()
    expect(editor.found).to_have_count(0)
