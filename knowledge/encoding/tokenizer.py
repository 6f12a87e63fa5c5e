"""Builds the encoder's tokenizer from the pieces, scores and normalisation in its weight file."""

from __future__ import annotations

import re
import unicodedata

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from knowledge.encoding.weights import Pieces, WeightsError

MASK = "<mask>"


def build_tokenizer(pieces: Pieces) -> Tokenizer:
    """A `tokenizers` Unigram tokenizer that frames a text as `<s> … </s>`.

    Errors: WeightsError when the file's normalisation is not the NFKC variant known here.
    """
    scored = list(zip(pieces.pieces, pieces.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=pieces.unknown, byte_fallback=False))
    tokenizer.normalizer = _normalizer(pieces.normalization)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = pieces.pieces[pieces.bos], pieces.pieces[pieces.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, pieces.bos), (eos, pieces.eos)],
    )
    special = {pieces.bos, pieces.pad, pieces.eos, pieces.unknown}
    names = [pieces.pieces[index] for index in sorted(special)]
    tokenizer.add_special_tokens([*names, *({MASK} & set(pieces.pieces[-1:]))])
    return tokenizer


def _normalizer(mapping: dict[str, str]) -> normalizers.Normalizer:
    """NFKC, with the file's own deletions and spaces, then runs of spaces made one.

    The file maps single characters; NFKC also joins a letter with the accents typed after it,
    which the model's published tokenizer does too.
    """
    own = {a: b for a, b in mapping.items() if b != unicodedata.normalize("NFKC", a)}
    if set(own.values()) - {"", " "}:
        raise WeightsError("the weight file normalises characters in a way not known here")
    deleted = "".join(re.escape(a) for a, b in own.items() if b == "")
    spaced = "".join(re.escape(a) for a, b in own.items() if b == " ")
    steps: list[normalizers.Normalizer] = []
    if deleted:
        steps.append(normalizers.Replace(Regex(f"[{deleted}]"), ""))
    if spaced:
        steps.append(normalizers.Replace(Regex(f"[{spaced}]"), " "))
    steps += [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    return normalizers.Sequence(steps)
