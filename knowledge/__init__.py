"""What the municipality says: its articles, and where in them a question is answered."""

from knowledge.answer import UnknownChunkError, answer_question
from knowledge.chunking import split_article
from knowledge.confidence import ConfidenceModel, load_model
from knowledge.encoder import DIMENSION, EncoderError, load_encoder, unpack_encoder
from knowledge.index import Diff, MunicipalityIndex
from knowledge.search import search
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
