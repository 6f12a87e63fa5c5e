"""Snapshots are made anew whenever the words or pieces of a text might be others."""

import ast

from knowledge.indexing.text_version import FILES, FOLDER, text_version

OF_QUESTIONS = {"language.spelling", "language.synonyms", "types"}
"""Imported by the text analysis, but nothing of an index depends on them."""


def test_every_module_of_the_text_analysis_counts() -> None:
    """A module that one of them comes to use is in the version too."""
    used = {
        node.module.removeprefix("knowledge.")
        for name in FILES
        if name.endswith(".py")
        for node in ast.walk(ast.parse((FOLDER / name).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("knowledge.")
    }
    counted = {name.removesuffix(".py").replace("/", ".") for name in FILES}
    assert set() == used - counted - OF_QUESTIONS
    assert 16 == len(text_version())
