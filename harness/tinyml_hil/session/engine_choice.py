"""Engine choice: what infers in firmware that is built now, and what, from the options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tinyml_hil import choices
from tinyml_hil.build import (
    CustomOps,
    Engine,
    OwnEngine,
    Platform,
    TflmEngine,
    core_of,
    find_tflm,
    host_program,
    require_cxx,
)
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model
from tinyml_hil.session.options import Options


def choose_engine(options: Options, platform: Platform, cache: Path) -> Engine:
    """The engine; ``cache``: where a platform's compiler is tried.

    Raises:
        UsageError, SetupError: TFLM was chosen, and is not there or not for this platform.
    """
    if options.engine == choices.OWN_ENGINE:
        return OwnEngine(options.arithmetic, CustomOps(options.op))
    if options.tflm is None:
        raise UsageError(
            "--engine tflm takes your own TensorFlow Lite for Microcontrollers: give the folder of "
            "its checkout, where its library is built, with --tflm"
        )
    require_cxx()
    return TflmEngine(find_tflm(options.tflm, core_of(platform, cache)))


def model_of(options: Options, cache: Path) -> Model:
    """The model and, if the C of custom ops is given, what runs these on the host.

    Raises:
        UsageError, SetupError: as ``load_model`` and ``host_program``.
    """
    model = load_model(options.model, options.signature, options.model_name or "")
    if not options.op or not any(node.custom for node in model.graph.nodes):
        return model
    program = host_program(cache, options.arithmetic, CustomOps(options.op))
    return replace(model, host_engine=program)
