"""Kernels: all ways to run a model on the host, those that are no reference included.

LiteRT's default kernels are fast and round in their own way: no device is held against them, but
one may compute as they do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tinyml_hil.model.model import Model
from tinyml_hil.model.reference import REFERENCES, LiteRt, Reference


class _DefaultKernels(LiteRt):
    """LiteRT, as it runs a model where nothing is asked for."""

    resolver: str
    """The name of an ``OpResolverType``."""

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        litert = self._interpreters()
        resolver = getattr(litert.OpResolverType, self.resolver)
        with silent():
            self._load(litert.Interpreter, resolver, model, keeps_layers)

    def _quietly(self) -> AbstractContextManager[object]:
        return silent()


class LiteRtXnnpack(_DefaultKernels):
    """LiteRT's default: XNNPACK for the ops that it has, optimized kernels for the others."""

    name = "litert-xnnpack"
    resolver = "BUILTIN"


class LiteRtOptimized(_DefaultKernels):
    """LiteRT's optimized kernels, without XNNPACK."""

    name = "litert-optimized"
    resolver = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"


KERNELS: dict[str, type[Reference]] = REFERENCES | {
    kernels.name: kernels for kernels in (LiteRtXnnpack, LiteRtOptimized)
}


def load_kernels(name: str, model: Model, keeps_layers: bool = False) -> Reference:
    """One of the ``KERNELS``, with ``model`` loaded; ``keeps_layers``: see ``Reference.kept``.

    Raises:
        UsageError: it refuses the model.
        SetupError: its package is not installed.
    """
    return KERNELS[name](model, keeps_layers)


@contextmanager
def silent() -> Iterator[None]:
    """Keeps a runtime from writing to standard error, below Python: that LiteRT has XNNPACK, or
    that TFLM lacks an op, which is no news to who asks whether it has it.
    """
    usual, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(usual, 2)
        os.close(usual)
        os.close(nowhere)
