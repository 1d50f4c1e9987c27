"""Plain device: firmware that speaks the MLPerf Tiny protocol and nothing more."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.device.answers import (
    Classification,
    DeviceInfo,
    laps_in,
    read_info,
    split_field,
)
from tinyml_hil.device.console import Console
from tinyml_hil.device.console_device import ConsoleDevice
from tinyml_hil.device.console_firmware import ConsoleFirmware
from tinyml_hil.device.inputs import require_input
from tinyml_hil.errors import DeviceError
from tinyml_hil.model import Model, joined

_HEX_BYTES_PER_LINE = 31  # what the MLPerf Tiny runner sends in one `db` line
_OF_VALUES = "kws01"
"""The model of MLPerf Tiny's whose int8 input the runner sends as it is, where others' are pixels,
and whose results are cut after three decimals, where others' are rounded."""
_LAP_RANGE = 1 << 32
"""MLPerf Tiny's reference counts microseconds in 32 bits: after 71 minutes they begin again."""


class PlainDevice(ConsoleDevice):
    """Firmware without our extensions: its outputs are known as they are printed."""

    def __init__(self, running: ConsoleFirmware, wanted_lane: str, model: Model) -> None:
        """``model`` says what the input is, since the firmware cannot."""
        super().__init__(running, wanted_lane)
        self._model = model
        self._timed: bool | None = None
        """Whether all inferences came with their times; None before there is one."""

    @property
    def info(self) -> DeviceInfo:
        self.require("info")
        return read_info(self.console)

    @property
    def lanes(self) -> tuple[str, ...]:
        return ("uart",)

    @property
    def ticks_unit(self) -> str:
        timed = self._tells_time() if self._timed is None else self._timed
        return "microseconds" if timed else ""

    def _tells_time(self) -> bool:
        """Whether the firmware has times: in the benchmark's energy mode it has none."""
        try:
            return bool(laps_in(self.console.answer("timestamp")))
        except DeviceError:
            return False

    @property
    def claimed_model(self) -> str:
        try:
            return dict(map(split_field, self.console.answer("profile"))).get("model", "")
        except DeviceError:
            return ""

    @cached_property
    def _is_kws01(self) -> bool:
        return self.claimed_model == _OF_VALUES

    def _classify(self, tensor: NDArray[Any]) -> Classification:
        require_input(tensor, self._model.inputs)
        load_input(self.console, tensor, self._is_kws01)
        result = parse_results(self.console.answer("infer 1 0"), self._is_kws01)
        self._timed = self._timed is not False and result.ticks > 0
        return replace(
            result,
            output=self._outputs_in(result.output),
            threshold=self._model.threshold,
            batch=self._model.batch,
        )

    def _outputs_in(self, values: NDArray[Any]) -> NDArray[Any]:
        """All outputs, whose values were printed one after the other."""
        outputs = self._model.outputs
        ends = np.cumsum([np.prod(spec.shape, dtype=int) for spec in outputs])
        if values.size != ends[-1]:
            raise DeviceError(
                f"the device printed {values.size} results; the model has an output of "
                f"{', '.join(map(str, outputs))}"
            )
        return joined(np.split(values, ends[:-1]))


def load_input(console: Console, tensor: NDArray[Any], takes_values: bool = False) -> None:
    """Loads one raw input over the UART as the MLPerf Tiny runner does.

    That is pixels, 0 to 255, for an input of 8 bits, and the bytes themselves for int16, for
    float32 (as its anomaly detection takes them) or for several tensors.

    Args:
        takes_values: whether it is the bytes themselves for 8 bits, too.

    Raises:
        DeviceError: the device refused it.
    """
    is_sent_as_it_is = takes_values or tensor.dtype.itemsize > 1
    content = _bytes(tensor) if is_sent_as_it_is else _pixels(tensor)
    console.request(f"db load {len(content)}")
    reply: list[str] = []
    for start in range(0, len(content), _HEX_BYTES_PER_LINE):
        reply = console.answer(f"db {content[start : start + _HEX_BYTES_PER_LINE].hex()}")
    if "m-load-done" not in reply:
        raise DeviceError(f"the device did not end the load with m-load-done, but {reply}")


def _bytes(tensor: NDArray[Any]) -> bytes:
    return tensor.astype(tensor.dtype.newbyteorder("<")).tobytes()


def _pixels(tensor: NDArray[Any]) -> bytes:
    lowest = int(np.iinfo(tensor.dtype).min)
    return (tensor.astype(np.int16) - lowest).astype(np.uint8).tobytes()


def parse_results(lines: list[str], are_cut: bool = False) -> Classification:
    """What ``infer 1 0`` prints: real values, each at most half of its last decimal off.

    If they are cut, not rounded, it is the whole last decimal. Where some have a point or a power
    of ten, one without either is a 0 or a 1 of which the rest was left out, as by ``%g``.

    Its ticks are the microseconds between the times before and after the inference; 0 if the
    firmware tells none.

    Raises:
        DeviceError: there are no results among the lines.
    """
    try:
        printed = dict(map(split_field, lines))["results"].split(",")
        values = np.array([float(value) for value in printed])
    except (KeyError, ValueError) as error:
        raise DeviceError(f"the device inferred without m-results-[...]: {lines}") from error
    last = [_last_place(value) for value in printed if np.isfinite(float(value))]
    # In a record NaN is what was not printed; infinity differs from any score, too.
    values[np.isnan(values)] = np.inf
    coarsest = max((place for place in last if place is not None), default=0)
    precision = (1.0 if are_cut else 0.5) * 10.0**coarsest
    return Classification(values, _microseconds(lines), precision)


def _last_place(value: str) -> int | None:
    """The power of ten of a number's last decimal.

    None if it has neither point nor power, and of a zero with a power: it tells nothing.
    """
    mantissa, _, power = value.strip().lower().partition("e")
    says = float(mantissa) != 0 if power else "." in mantissa
    return int(power or 0) - len(mantissa.partition(".")[2]) if says else None


def _microseconds(lines: list[str]) -> int:
    match laps_in(lines):
        case [before, after]:
            return (after - before) % _LAP_RANGE
        case _:
            return 0
