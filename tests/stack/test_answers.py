"""A question to the running bot comes back as the article's own words, with its source."""

import re
import time
import uuid

import pytest

QUESTIONS = [
    ("ekhamn", "sv", "vad kostar det att ha ett barn på förskolan", "forskol"),
    ("ekhamn", "sv", "hur söker jag bygglov för ett garage", "byggl"),
    ("fjordvik", "nb", "når har gjenvinningsstasjonen åpent", "gjenvinning"),
    ("fjordvik", "nb", "hvordan søker jeg barnehageplass", "barnehage"),
]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize(("municipality", "language", "question", "article"), QUESTIONS)
def test_an_answer_stands_word_for_word_in_its_source(
    svar, municipality: str, language: str, question: str, article: str
) -> None:
    """The text is part of the published article that the source names, heading and date too."""
    talk = svar.converse(municipality, language)
    posted = talk.post(question)
    assert 200 == posted.status, posted.body
    stored, reply = posted.body["messages"][0], posted.body["messages"][-1]
    assert (question, "resident") == (stored["text"], stored["author"])
    assert "answered" == reply["answer"]["status"], reply
    source = reply["answer"]["sources"][0]
    assert article in source["article"]
    assert source["title"]
    assert source["url"].startswith(f"/demo/{municipality}/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["updated"])
    knowledge = svar.layout.addresses["knowledge"].url
    published = _get(f"{knowledge}/v1/municipalities/{municipality}/articles/{source['article']}")
    assert _plain(reply["text"]) in _plain(published["text"])


def test_the_same_message_twice_is_stored_once(svar) -> None:
    """A client that sends again after a lost answer gets that answer, and no second turn."""
    talk = svar.converse("ekhamn", "sv")
    key = str(uuid.uuid4())
    first = talk.post("hej", key)
    second = talk.post("hej", key)
    assert first.body["messages"] == second.body["messages"]
    assert 1 == sum(message["author"] == "resident" for message in talk.messages())


@pytest.mark.parametrize(
    ("municipality", "language", "text"),
    [
        ("ekhamn", "sv", "jag vill prata med en människa"),
        ("fjordvik", "nb", "jeg vil snakke med et menneske"),
        ("fjordvik", "nn", "eg vil snakke med eit menneske"),
    ],
)
def test_asking_for_a_person_hands_over_at_once(
    svar, municipality: str, language: str, text: str
) -> None:
    """The conversation waits for an operator, and the bot says nothing more."""
    talk = svar.converse(municipality, language)
    assert "waiting" == talk.post(text).body["status"]
    after = talk.post("hallo?").body
    assert "waiting" == after["status"]
    assert [] == [m for m in after["messages"] if m["author"] == "bot"]


@pytest.mark.parametrize(
    ("municipality", "language", "text"),
    [
        ("ekhamn", "sv", "spela lite musik för mig"),
        ("fjordvik", "nb", "spill litt musikk for meg"),
    ],
)
def test_what_no_article_answers_gets_an_honest_sentence_and_a_person(
    svar, municipality: str, language: str, text: str
) -> None:
    """No source, no answer: but a person is offered as a choice."""
    talk = svar.converse(municipality, language)
    reply = talk.post(text).body["messages"][-1]
    assert reply["answer"]["status"] in {"out_of_scope", "unanswerable"}
    person = [choice for choice in reply["choices"] if choice["action"] == "handoff"]
    assert 1 == len(person)
    assert "waiting" == talk.post(person[0]["text"]).body["status"]


def test_a_published_change_is_answered_within_two_seconds(svar) -> None:
    """What an editor publishes is in the next answer, with no restart.

    It is done to a page whose date no other test reads.
    """
    staff = Staff(svar, "editor@ekhamn.example")
    listed = staff.request("GET", "/api/v1/editor/articles?query=god+man").body["articles"]
    article = staff.request("GET", f"/api/v1/editor/articles/{listed[0]['id']}").body
    sentence = "Överförmyndaren på Ekorrgatan 77 lånar ut mätstickor av björk."
    draft = {key: article[key] for key in ("title", "language", "url", "questions", "category")}
    draft["text"] = article["text"] + f"\n\n## Låna en mätsticka\n\n{sentence}\n"
    draft["base_revision"] = article["revision"]
    saved = staff.request("PUT", f"/api/v1/editor/articles/{article['id']}", draft)
    assert 200 == saved.status, saved.body
    started = time.monotonic()
    path = f"/api/v1/editor/articles/{article['id']}/publish"
    assert 200 == staff.request("POST", path, {}).status
    reply = svar.converse("ekhamn", "sv").post("var kan jag låna en mätsticka?").body
    assert time.monotonic() - started < 2
    assert sentence in reply["messages"][-1]["text"]


class Staff:
    """A signed-in member of staff."""

    def __init__(self, svar, email: str) -> None:
        import http.cookiejar
        import json
        import urllib.request

        self._svar = svar
        body = json.dumps({"email": email, "password": svar.accounts()[email]}).encode()
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        request = urllib.request.Request(f"{svar.url}/api/v1/session", data=body)
        request.add_header("Content-Type", "application/json")
        with opener.open(request, timeout=20) as answer:
            self._csrf = json.loads(answer.read())["csrf"]
        self._cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def request(self, method: str, path: str, body=None):
        headers = {"Cookie": self._cookie, "X-CSRF-Token": self._csrf}
        return self._svar.request(method, path, body, headers)


def _get(url: str):
    import json
    import urllib.request

    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())
