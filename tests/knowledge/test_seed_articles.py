"""The demo articles as the evaluation and the fitting see them."""

from pathlib import Path

from knowledge.articles.importer import article_of, read_seed


def test_a_seed_file_is_the_article_it_would_be_published_as() -> None:
    """With its questions and its date; evaluated is what residents meet."""
    seeds = {seed.id: seed for seed in read_seed(Path("knowledge/seed"))}
    article = article_of(seeds["bygglov"])
    assert ("ekhamn", "sv", "Söka bygglov") == (
        article.municipality,
        article.language,
        article.title,
    )
    assert "/demo/ekhamn/bygga-bo-och-miljo/bygglov" == article.url
    assert seeds["bygglov"].updated == article.updated
    assert 0 < len(article.questions)
