"""What the municipality says: its articles, and where in them a question is answered."""

from knowledge.answering.answer import UnknownChunkError, answer_question
from knowledge.encoding.encoder import DIMENSION, EncoderError, load_encoder, unpack_encoder
from knowledge.finding.confidence import ConfidenceModel, load_model
from knowledge.finding.search import search
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import Diff, MunicipalityIndex
from knowledge.types import (
    Answer,
    Article,
    Choice,
    Chunk,
    Decision,
    Encoder,
    Hit,
    Intent,
    Source,
    Status,
    Vectors,
)

__all__ = [
    "DIMENSION",
    "Answer",
    "Article",
    "Choice",
    "Chunk",
    "ConfidenceModel",
    "Decision",
    "Diff",
    "Encoder",
    "EncoderError",
    "Hit",
    "Intent",
    "MunicipalityIndex",
    "Source",
    "Status",
    "UnknownChunkError",
    "Vectors",
    "answer_question",
    "load_encoder",
    "load_model",
    "search",
    "split_article",
    "unpack_encoder",
]
