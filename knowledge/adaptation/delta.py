"""The trained changes as they are shipped: thin matrices in half precision, in one small file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

DELTA = Path(__file__).with_name("delta.npz")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Delta:
    """What was trained: changes to layers, and the two heads that read the tokens.

    `changes` by the weight file's names of the layers, each (outputs, inputs); `token`
    (token_dimension, hidden) with `token_bias` (token_dimension,); `importance` (1, hidden).
    """

    changes: dict[str, Floats]
    token: Floats
    token_bias: Floats
    importance: Floats

    @classmethod
    def read(cls, path: Path = DELTA) -> Self:
        """The delta of a file. Errors: OSError, ValueError, KeyError when it isn't one."""
        with np.load(path) as arrays:
            values = {name: arrays[name].astype(np.float32) for name in arrays.files}
        names = [name.removesuffix(".up") for name in values if name.endswith(".up")]
        return cls(
            {name: values[f"{name}.up"] @ values[f"{name}.down"] for name in names},
            values["token"],
            values["token_bias"],
            values["importance"],
        )


def write_delta(path: Path, state: Mapping[str, Tensor]) -> None:
    """Writes the trained parameters of `knowledge.adaptation.model.Encoder`."""
    heads = {"token.weight": "token", "token.bias": "token_bias", "importance.weight": "importance"}
    arrays: dict[str, npt.NDArray[np.float16]] = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[-1] in ("up", "down"):
            key = f"l{parts[1]}.{parts[2]}.{parts[3]}"
        elif name in heads:
            key = heads[name]
        else:
            continue
        arrays[key] = value.detach().to("cpu").numpy().astype(np.float16)
    np.savez(path, allow_pickle=False, **arrays)
