import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_mock_engine
from sqlalchemy.schema import ExecutableDDLElement

from knowledge.articles.database import migrate, open_engine
from knowledge.articles.records import Draft
from knowledge.articles.store import ArticleStore
from knowledge.articles.tables import Table
from knowledge.errors import InvalidFieldsError, NotFoundError, RevisionConflictError
from knowledge.settings import Settings

MakeDraft = Callable[..., Draft]


def codes(error: InvalidFieldsError) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in error.errors]


def test_migrations_make_the_tables(settings: Settings) -> None:
    """The migrations lead to the very tables that the code uses, and can be repeated."""
    engine = open_engine(settings.database_url)
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), Table.metadata)
    engine.dispose()


def test_tables_fit_postgresql() -> None:
    """Every table can be written in PostgreSQL's language."""
    statements: list[str] = []

    def note(statement: ExecutableDDLElement, *_: object, **__: object) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql+psycopg://", note)
    Table.metadata.create_all(engine, checkfirst=False)
    tables = sum("CREATE TABLE" in statement for statement in statements)
    assert len(Table.metadata.tables) == tables


def test_created_article_is_a_draft(store: ArticleStore, draft: MakeDraft) -> None:
    """A new article has one revision and is not published."""
    record = store.create("ekhamn", draft(), "Eva")
    assert "ansok-om-bygglov" == record.summary.id
    assert ("draft", 1, None) == (
        record.summary.status,
        record.summary.newest_revision,
        record.summary.published_revision,
    )
    assert ("Eva", "editor", "") == (
        record.shown.author,
        record.shown.origin,
        record.shown.category,
    )
    assert [] == store.published_articles("ekhamn")
    assert record == store.article("ekhamn", "ansok-om-bygglov")


def test_moments_are_utc(store: ArticleStore, draft: MakeDraft) -> None:
    """A moment read back has its zone, whatever the database forgets."""
    store.create("ekhamn", draft(), "Eva")
    created = store.article("ekhamn", "ansok-om-bygglov").shown.created_at
    assert datetime.timedelta(0) == created.utcoffset()
    assert abs(datetime.datetime.now(datetime.UTC) - created) < datetime.timedelta(minutes=1)


def test_same_title_gets_another_id(store: ArticleStore, draft: MakeDraft) -> None:
    """Ids made from a title are numbered when they are taken."""
    ids = [store.create("ekhamn", draft(url=f"/{n}"), "Eva").summary.id for n in range(3)]
    assert ["ansok-om-bygglov", "ansok-om-bygglov-2", "ansok-om-bygglov-3"] == ids


def test_title_without_letters_gets_an_id(store: ArticleStore, draft: MakeDraft) -> None:
    """A title of signs only still gives an id."""
    assert "article" == store.create("ekhamn", draft(title="!?"), "Eva").summary.id


def test_taken_id_and_address(store: ArticleStore, draft: MakeDraft) -> None:
    """A taken id or address is told by its field, and nothing is kept."""
    store.create("ekhamn", draft(), "Eva", article="bygglov")
    with pytest.raises(InvalidFieldsError) as raised:
        store.create("ekhamn", draft(url="/other"), "Eva", article="bygglov")
    assert [("id", "taken")] == codes(raised.value)
    with pytest.raises(InvalidFieldsError) as raised:
        store.create("ekhamn", draft(title="Another"), "Eva")
    assert [("url", "taken")] == codes(raised.value)
    assert ["bygglov"] == [article.id for article in store.list_articles("ekhamn")]


def test_municipalities_do_not_meet(store: ArticleStore, draft: MakeDraft) -> None:
    """Two municipalities can have the same id and address, and see nothing of each other."""
    store.create("ekhamn", draft(), "Eva", article="bygglov")
    store.create("fjordvik", draft(language="nb", title="Byggesak"), "Nils", article="bygglov")
    assert ["ekhamn", "fjordvik"] == store.municipalities()
    assert ["Byggesak"] == [article.title for article in store.list_articles("fjordvik")]
    assert "Nils" == store.article("fjordvik", "bygglov").shown.author


def test_revisions_are_kept(store: ArticleStore, draft: MakeDraft) -> None:
    """A new revision leaves the earlier one as it was."""
    store.create("ekhamn", draft(questions=["Vad kostar det?"], category="Bygga"), "Eva")
    record = store.revise("ekhamn", "ansok-om-bygglov", draft(text="Nytt."), "Ali", 1)
    assert [(2, "Ali"), (1, "Eva")] == [(one.number, one.author) for one in record.revisions]
    assert "Nytt." == record.shown.text
    assert draft().text == store.revision("ekhamn", "ansok-om-bygglov", 1).text


def test_what_is_not_sent_stays(store: ArticleStore, draft: MakeDraft) -> None:
    """Category and questions stay when a change doesn't mention them."""
    store.create("ekhamn", draft(questions=["Vad?"], category="Bygga"), "Eva")
    kept = store.revise("ekhamn", "ansok-om-bygglov", draft(), "Eva", 1).shown
    assert ("Bygga", ("Vad?",)) == (kept.category, kept.questions)
    emptied = store.revise("ekhamn", "ansok-om-bygglov", draft(questions=[], category=""), "Eva", 2)
    assert ("", ()) == (emptied.shown.category, emptied.shown.questions)


def test_conflict_gives_both_texts(store: ArticleStore, draft: MakeDraft) -> None:
    """A change made from an older revision is refused with both texts and nothing is lost."""
    store.create("ekhamn", draft(), "Eva")
    store.revise("ekhamn", "ansok-om-bygglov", draft(text="Theirs."), "Ali", 1)
    with pytest.raises(RevisionConflictError) as raised:
        store.revise("ekhamn", "ansok-om-bygglov", draft(text="Yours."), "Eva", 1)
    assert ("Yours.", "Theirs.") == (raised.value.yours.text, raised.value.theirs.text)
    assert 2 == store.article("ekhamn", "ansok-om-bygglov").summary.newest_revision


def test_of_many_editors_one_succeeds(store: ArticleStore, draft: MakeDraft) -> None:
    """When many save from the same revision at once, exactly one is kept."""
    store.create("ekhamn", draft(), "Eva")

    def save(number: int) -> bool:
        try:
            store.revise("ekhamn", "ansok-om-bygglov", draft(text=f"{number}"), "Eva", 1)
        except RevisionConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert 1 == sum(threads.map(save, range(16)))
    assert 2 == store.article("ekhamn", "ansok-om-bygglov").summary.newest_revision


def test_of_many_articles_one_gets_the_address(store: ArticleStore, draft: MakeDraft) -> None:
    """When many ask for the same address at once, exactly one gets it."""

    def create(number: int) -> bool:
        try:
            store.create("ekhamn", draft(title=f"Sida {number}"), "Eva")
        except InvalidFieldsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert 1 == sum(threads.map(create, range(16)))
    assert 1 == len(store.list_articles("ekhamn"))


def test_publishing_points_at_a_revision(store: ArticleStore, draft: MakeDraft) -> None:
    """Published is what was published, until the next time; an older revision can be again."""
    store.create("ekhamn", draft(text="One."), "Eva")
    assert "published" == store.publish("ekhamn", "ansok-om-bygglov", 1, "Eva").summary.status
    changed = store.revise("ekhamn", "ansok-om-bygglov", draft(text="Two."), "Eva", 1)
    assert "changed" == changed.summary.status
    assert ["One."] == [article.text for article in store.published_articles("ekhamn")]
    assert "One." == store.article("ekhamn", "ansok-om-bygglov", published=True).shown.text
    store.publish("ekhamn", "ansok-om-bygglov", 2, "Ali")
    assert ["Two."] == [article.text for article in store.published_articles("ekhamn")]
    assert "Ali" == store.revision("ekhamn", "ansok-om-bygglov", 2).published_by
    store.publish("ekhamn", "ansok-om-bygglov", 1, "Eva")
    assert ["One."] == [article.text for article in store.published_articles("ekhamn")]


def test_addresses_of_newest_and_published_are_held(store: ArticleStore, draft: MakeDraft) -> None:
    """While a new address waits as a draft, the old one is still the published article's."""
    store.create("ekhamn", draft(url="/old"), "Eva", article="a")
    store.publish("ekhamn", "a", 1, "Eva")
    store.revise("ekhamn", "a", draft(url="/new"), "Eva", 1)
    for url in ("/old", "/new"):
        with pytest.raises(InvalidFieldsError) as raised:
            store.create("ekhamn", draft(url=url), "Eva")
        assert [("url", "taken")] == codes(raised.value)
    store.publish("ekhamn", "a", 2, "Eva")
    store.create("ekhamn", draft(url="/old"), "Eva", article="b")
    with pytest.raises(InvalidFieldsError):
        store.publish("ekhamn", "a", 1, "Eva")
    assert 2 == store.article("ekhamn", "a").summary.published_revision


def test_published_by_address(store: ArticleStore, draft: MakeDraft) -> None:
    """A published article is found by its address, with or without a slash; a draft isn't."""
    store.create("ekhamn", draft(url="/bygga"), "Eva", article="a")
    with pytest.raises(NotFoundError):
        store.published_at("ekhamn", "/bygga")
    store.publish("ekhamn", "a", 1, "Eva")
    assert "a" == store.published_at("ekhamn", "/bygga/").summary.id
    with pytest.raises(NotFoundError):
        store.published_at("fjordvik", "/bygga")


def test_former_addresses_are_not_found(store: ArticleStore, draft: MakeDraft) -> None:
    """Neither an earlier address nor a draft's new one leads to the published article."""
    for number, url in enumerate(("/first", "/second", "/third")):
        if number == 0:
            store.create("ekhamn", draft(url=url), "Eva", article="a")
        else:
            store.revise("ekhamn", "a", draft(url=url), "Eva", number)
    store.publish("ekhamn", "a", 2, "Eva")
    for url in ("/first", "/third"):
        with pytest.raises(NotFoundError):
            store.published_at("ekhamn", url)
    assert "/second" == store.published_at("ekhamn", "/second").shown.url


def test_not_found(store: ArticleStore, draft: MakeDraft) -> None:
    """Articles and revisions that don't exist are not found, by reading or by writing."""
    store.create("ekhamn", draft(), "Eva", article="a")
    for attempt in (
        lambda: store.article("ekhamn", "b"),
        lambda: store.article("ekhamn", "a", published=True),
        lambda: store.revision("ekhamn", "a", 2),
        lambda: store.revise("ekhamn", "b", draft(), "Eva", 1),
        lambda: store.publish("ekhamn", "a", 2, "Eva"),
        lambda: store.publish("fjordvik", "a", 1, "Eva"),
        lambda: store.articles_if_published("ekhamn", "b", None),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_list_is_found_by_northern_letters(store: ArticleStore, draft: MakeDraft) -> None:
    """A query finds id, title and text without regard to case, also of å, ä, ö, æ and ø."""
    store.create("ekhamn", draft(title="ÅTERBRUK", text="Öppet på ÄLVGATAN", url="/1"), "Eva")
    store.create("ekhamn", draft(title="Skole", text="ÆRLIG SØKNAD 100%_", url="/2"), "Eva")
    for query, expected in {
        "återbruk": ["aterbruk"],
        "ÖPPET älvgatan": ["aterbruk"],
        "ærlig sø": ["skole"],
        "100%_": ["skole"],
        "0_0": [],
        "aterbruk": ["aterbruk"],
        "öppet søknad": [],
        "": ["skole", "aterbruk"],
    }.items():
        assert expected == [article.id for article in store.list_articles("ekhamn", query)], query


def test_list_begins_with_titles(store: ArticleStore, draft: MakeDraft) -> None:
    """Articles with the words in the title come before those with them in the text."""
    store.create("ekhamn", draft(title="Avfall", text="Om parkering.", url="/1"), "Eva")
    store.create("ekhamn", draft(title="Parkering", text="P-hus.", url="/2"), "Eva")
    found = store.list_articles("ekhamn", "parkering")
    assert ["Parkering", "Avfall"] == [article.title for article in found]
    assert ["Parkering"] == [one.title for one in store.list_articles("ekhamn", "parkering", 1)]
