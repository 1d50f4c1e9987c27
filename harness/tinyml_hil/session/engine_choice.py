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
    TflmCustomOps,
    TflmEngine,
    core_of,
    find_tflm,
    host_program,
    require_cxx,
    tflm_host_program,
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
    folder = _require_tflm(options)
    require_cxx()
    return TflmEngine(find_tflm(folder, core_of(platform, cache)), TflmCustomOps(options.op))


def _require_tflm(options: Options) -> Path:
    if options.tflm is None:
        raise UsageError(
            "--engine tflm takes your own TensorFlow Lite for Microcontrollers: give the folder of "
            "its checkout, where its library is built, with --tflm"
        )
    return options.tflm


def model_of(options: Options, cache: Path) -> Model:
    """The model and, if files of custom ops are given, what runs these on the host.

    Raises:
        UsageError, SetupError: as ``load_model``, ``host_program`` and ``tflm_host_program``.
    """
    model = load_model(options.model, options.signature, options.model_name or "")
    if not options.op or not any(node.custom for node in model.graph.nodes):
        return model
    if options.engine == choices.OWN_ENGINE:
        program = host_program(cache, options.arithmetic, CustomOps(options.op))
        return replace(model, host_engine=program)
    tflm, custom = find_tflm(_require_tflm(options)), TflmCustomOps(options.op)
    model = replace(model, host_engine=tflm_host_program(cache, tflm, custom))
    TflmEngine(tflm, custom).methods(model)  # an op that it lacks is told before all else
    return model
