"""A reference in a process of its own, which computes while the device does."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.errors import SetupError
from tinyml_hil.model.loading import load_reference
from tinyml_hil.model.model import Model
from tinyml_hil.model.reference import Reference
from tinyml_hil.process import serve_parent, starting_a_child

_loaded: Reference
"""In the reference's own process only."""


class ReferenceProcess:
    """Starts with the first prediction; ends when it is closed, or nobody refers to it any more."""

    def __init__(self, name: str, model: Model) -> None:
        """``name`` and ``model``: as for ``load_reference``, which has to succeed."""
        # Not forked: a fork would share the sockets and locks of this process.
        with starting_a_child():
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=serve_parent,
                initargs=(os.getpid(),),
            )
        self._name, self._model = name, model
        self._is_loaded = False

    def predict(self, tensor: NDArray[Any]) -> Future[NDArray[Any]]:
        """The raw output tensor, flat, for one raw input tensor; see ``result_of``."""
        if not self._is_loaded:
            with starting_a_child():
                # Not an argument of the process: we would wait here until it takes a whole model.
                self._pool.submit(_load, self._name, self._model)
            self._is_loaded = True
        return self._pool.submit(_predict, tensor)

    def close(self) -> None:
        """Ends the process; predictions that it has not begun are dropped."""
        self._pool.shutdown(cancel_futures=True)


def result_of(prediction: Future[NDArray[Any]]) -> NDArray[Any]:
    """Awaits a prediction.

    Raises:
        SetupError: the process ended before.
    """
    try:
        return prediction.result()
    except BrokenProcessPool as error:
        raise SetupError("the reference's process was ended: is there memory enough?") from error


def _load(name: str, model: Model) -> None:
    global _loaded
    _loaded = load_reference(name, model)


def _predict(tensor: NDArray[Any]) -> NDArray[Any]:
    return _loaded.predict(tensor)
