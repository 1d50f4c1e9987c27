from .custom_ops import (
    NO_CUSTOM_OPS as NO_CUSTOM_OPS,
    CustomOps as CustomOps,
    TflmCustomOps as TflmCustomOps,
)
from .dwarf import (
    Member as Member,
    Parameter as Parameter,
    Program as Program,
    Type as Type,
    Variable as Variable,
)
from .embedded import EmbeddedModel as EmbeddedModel
from .engine import (
    FLASH_TABLE as FLASH_TABLE,
    Verdict as Verdict,
    arena_for as arena_for,
    estimate_flash as estimate_flash,
    host_program as host_program,
    judge as judge,
)
from .engines import Engine as Engine, OwnEngine as OwnEngine, TflmEngine as TflmEngine
from .firmware import (
    COMPILER as COMPILER,
    INPUTS as INPUTS,
    BuildError as BuildError,
    Firmware as Firmware,
    Sizes as Sizes,
    build_firmware as build_firmware,
    core_of as core_of,
    input_room as input_room,
    is_loaded as is_loaded,
    is_writable as is_writable,
    make_firmware as make_firmware,
    open_firmware as open_firmware,
)
from .fit import require_fit as require_fit
from .lines import Line as Line, lines_of as lines_of, require_lines as require_lines
from .memory import Memory as Memory, memories_of as memories_of, shortages as shortages
from .place import Place as Place, Read as Read
from .platform import (
    Platform as Platform,
    is_platform as is_platform,
    load_platform as load_platform,
    platform_names as platform_names,
)
from .selftest import (
    SELFTEST_IMAGES as SELFTEST_IMAGES,
    SelfTest as SelfTest,
    selftest_of as selftest_of,
)
from .symbols import Symbol as Symbol, Symbols as Symbols
from .tflm import find_tflm as find_tflm, require_cxx as require_cxx
from .tflm_host import tflm_host_program as tflm_host_program
