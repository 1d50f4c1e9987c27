"""Runtimes: what is known of those that infer on a device, a file each; and firmware.toml's own."""

from __future__ import annotations

from tinyml_hil.build import Symbols
from tinyml_hil.device.runtimes.base import Runtime
from tinyml_hil.device.runtimes.own import OwnEngine
from tinyml_hil.device.runtimes.st import AiNetwork, StaiNetwork
from tinyml_hil.device.runtimes.tflm import Tflm, TflmGraph

KNOWN: tuple[type[Runtime], ...] = (OwnEngine, Tflm, TflmGraph, StaiNetwork, AiNetwork)
"""Those that are found by themselves."""


def runtime_in(symbols: Symbols) -> Runtime | None:
    """The first runtime that is known whose function is among the symbols of an ELF.

    Raises:
        UsageError: it has several functions of one kind.
    """
    return next((found for known in KNOWN if (found := known.found_in(symbols))), None)
