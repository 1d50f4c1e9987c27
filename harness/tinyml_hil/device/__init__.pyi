from .answers import (
    Classification as Classification,
    DeviceInfo as DeviceInfo,
)
from .base import (
    FAILED as FAILED,
    PASSED as PASSED,
    Device as Device,
)
from .console import Console as Console
from .doors import open_device as open_device
from .layers import (
    LayerComparison as LayerComparison,
    LayerResult as LayerResult,
    explain as explain,
)
