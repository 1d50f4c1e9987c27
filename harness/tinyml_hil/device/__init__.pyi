from .console import Console as Console
from .device import (
    FAILED as FAILED,
    LANES as LANES,
    PASSED as PASSED,
    Classification as Classification,
    Device as Device,
    DeviceInfo as DeviceInfo,
)
from .layers import LayerComparison as LayerComparison, LayerResult as LayerResult
