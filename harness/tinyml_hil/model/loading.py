"""Loading: the reference of a name, with a model, or why it does not take that."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection

from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model.by_ops import ByOps, may_run_by_ops
from tinyml_hil.model.kernels import silent
from tinyml_hil.model.model import Model
from tinyml_hil.model.reference import REFERENCES, LiteRt, Reference, TfliteMicro
from tinyml_hil.process import starting_a_child

_PATIENCE = 60.0
"""Seconds in which a reference has loaded any model; what takes longer hangs."""
_SPAWN = multiprocessing.get_context("spawn")


def load_reference(name: str, model: Model, keeps_layers: bool = False) -> Reference:
    """The reference called ``name``, with ``model`` loaded; ``keeps_layers``: see ``kept``.

    Raises:
        UsageError: there is no such reference, or it refuses the model; another that is installed
            and takes it is named.
        SetupError: its package is not installed.
    """
    if name not in REFERENCES:
        raise UsageError(f"no reference {name!r}; there are: {', '.join(REFERENCES)}")
    try:
        return _load(name, model, keeps_layers)
    except UsageError as error:
        other = LiteRt.name if name == TfliteMicro.name else TfliteMicro.name
        if refusal_of(other, model):
            raise
        raise UsageError(f"{error}; {other} takes it: --reference {other}") from error


def refusal_of(name: str, model: Model) -> str:
    """Why the reference called ``name`` cannot run a model; empty if it can.

    Tried in a process of its own, which a damaged model may end.
    """
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_try, args=(theirs, name, model))
    with starting_a_child():
        process.start()
    theirs.close()  # so that its end closes the connection
    try:
        answered = ours.poll(_PATIENCE)
        return str(ours.recv()) if answered else f"{name} hangs at {model.path}"
    except EOFError:
        return f"{name} crashes at {model.path}"
    finally:
        process.kill()
        process.join()


def _try(answer: Connection, name: str, model: Model) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # it says why not, in many lines
    refusal = ""
    try:
        _load(name, model)
    except (UsageError, SetupError) as error:
        refusal = str(error)
    answer.send(refusal)


def _load(name: str, model: Model, keeps_layers: bool = False) -> Reference:
    """The whole model or, where it has an op that the reference may lack, each op alone."""
    if not may_run_by_ops(model):
        return REFERENCES[name](model, keeps_layers)
    try:
        with silent():
            return REFERENCES[name](model, keeps_layers)
    except UsageError:
        return ByOps(name, model)
