"""How the tests load an input themselves, to look at what a command says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.device import Device
from tinyml_hil.device.plain import load_input


def load_as_possible(device: Device, tensor: NDArray[Any]) -> None:
    """Loads an input with the standard command, where it can hold that."""
    if tensor.dtype == np.float32:
        device.load(tensor.tobytes())
    else:
        load_input(device.console, tensor)
