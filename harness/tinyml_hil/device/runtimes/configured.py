"""What firmware.toml says: a function, and where its input and output lie."""

from __future__ import annotations

from tinyml_hil.build import Place
from tinyml_hil.device.firmware_config import DebuggerTable
from tinyml_hil.device.runtimes.base import Call, OfOneTensor
from tinyml_hil.model import Model


class Configured(OfOneTensor):
    """A runtime of the user's, of which no more is known than he says."""

    name = "firmware.toml"

    def __init__(self, table: DebuggerTable) -> None:
        """``table``: its ``[debugger]``.

        Raises:
            UsageError: what should be a place is none.
        """
        self.function = table.call
        self._input, self._output = Place.parse(table.input), Place.parse(table.output)

    def input(self, call: Call, model: Model) -> int:
        return call.address(self._input, model.input_bytes)

    def output(self, call: Call, model: Model) -> int:
        return call.address(self._output, model.output_bytes)
