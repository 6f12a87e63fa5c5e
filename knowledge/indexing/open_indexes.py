"""The indexes that are open, those that were asked for last; the others wait on disk."""

from __future__ import annotations

import resource
import threading
from collections import OrderedDict
from pathlib import Path

from knowledge.indexing.index import MunicipalityIndex

MAPPED = 768 * 1024 * 1024
"""Bytes that the open indexes may map together. Opening one again takes milliseconds, and its
pages are still in the system's cache if there is room for them."""


class OpenIndexes:
    """Indexes of one encoder by municipality; any number of threads may ask."""

    def __init__(self, folder: Path, encoder_name: str, mapped: int = MAPPED) -> None:
        self._folder = folder
        self._encoder_name = encoder_name
        self._mapped = mapped
        self._open: OrderedDict[str, MunicipalityIndex] = OrderedDict()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        # An open index holds some ten files.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def folder(self, municipality: str) -> Path:
        """Where the municipality's index is saved."""
        return self._folder / municipality

    def get(self, municipality: str) -> MunicipalityIndex | None:
        """The index that was put last; None before that. Errors: OSError when it can't be read."""
        with self._lock:
            index = self._open.get(municipality)
            if index is not None:
                self._open.move_to_end(municipality)
                return index
            if municipality not in self._known:
                return None
            index = MunicipalityIndex.load(self.folder(municipality), self._encoder_name)
            if index is None:
                raise OSError(f"the index of {municipality} can't be read any more")
            self._keep(municipality, index)
            return index

    def put(self, municipality: str, index: MunicipalityIndex) -> None:
        """Makes it the municipality's index from now on."""
        with self._lock:
            self._known.add(municipality)
            self._keep(municipality, index)

    def _keep(self, municipality: str, index: MunicipalityIndex) -> None:
        self._open[municipality] = index
        self._open.move_to_end(municipality)
        total = sum(one.mapped for one in self._open.values())
        for name, one in list(self._open.items())[:-1]:
            if total <= self._mapped:
                break
            # One that maps nothing is in memory only, since it could not be saved.
            if one.mapped:
                del self._open[name]
                total -= one.mapped
