"""Where the product's own parts are: beside the modules in a wheel, in the folders of a checkout.

Nothing is ever written there; ``project`` says where what is made belongs.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_DATA = _PACKAGE / "data"  # a wheel is unpacked when it is installed: make reads these as files
_PARTS = _DATA if _DATA.is_dir() else _PACKAGE.parent.parent

FIRMWARE = _PARTS / "firmware"
PLATFORMS = _PARTS / "platforms"
SUITE = _PACKAGE / "suite"
DEFAULT_MODEL = _PARTS / "fixtures" / "models" / "cifar10.tflite"
