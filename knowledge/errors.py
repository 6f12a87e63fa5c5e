"""What can go wrong with articles, in the words of the domain; routes/problems.py makes HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from knowledge.articles.records import Draft, Revision

Code = Literal["required", "too_long", "taken", "unknown", "invalid", "conflict"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault; `detail` is English, pages localise by `code`."""

    field: str
    code: Code
    detail: str


class KnowledgeError(Exception):
    """Everything this package refuses on purpose."""


class InvalidFieldsError(KnowledgeError):
    """What was sent can't be accepted as it is."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(error.detail for error in errors))
        self.errors = errors


class NotFoundError(KnowledgeError):
    """No such article, revision or address in this municipality."""


class RevisionConflictError(KnowledgeError):
    """The article was changed after the revision that the editor began with."""

    def __init__(self, yours: Draft, theirs: Revision) -> None:
        super().__init__(f"The article has been changed; revision {theirs.number} is the newest.")
        self.yours = yours
        self.theirs = theirs


class PublicationError(KnowledgeError):
    """A publication could not be carried through; what was published before still is."""
