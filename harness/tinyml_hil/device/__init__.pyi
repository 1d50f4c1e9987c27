from .answers import (
    Classification as Classification,
    DeviceInfo as DeviceInfo,
    Layer as Layer,
)
from .base import (
    FAILED as FAILED,
    PASSED as PASSED,
    Device as Device,
)
from .console import Console as Console, for_programs as for_programs
from .debugged_firmware import DebuggedFirmware as DebuggedFirmware
from .debugger_device import DebuggerDevice as DebuggerDevice
from .doors import Door as Door, door_of as door_of, open_device as open_device
from .firmware_config import load_firmware_config as load_firmware_config
from .layers import (
    Difference as Difference,
    LayerComparison as LayerComparison,
    LayerResult as LayerResult,
    difference_of as difference_of,
    explain as explain,
)
from .printed import KnownInputs as KnownInputs
from .runtimes.tflm import holds_tflm as holds_tflm
