"""All random graphs of one op, or of a few, wherever they are written."""

from . import cases
from .cases import Case
from .custom_cases import CUSTOM
from .int16_cases import INT16
from .moving_cases import MOVING
from .shape_cases import SHAPES
from .state_cases import STATEFUL, STATEFUL_FLOAT
from .variable_cases import VARIABLES

EXACT: list[Case] = [
    *cases.ALL,
    *INT16,
    *SHAPES,
    *MOVING,
    *STATEFUL,
    *VARIABLES,
    *CUSTOM,
]
"""Of these the engine has the bits of LiteRT or, of what that lacks, of TFLM."""

CLOSE: list[Case] = [*cases.FLOAT, *STATEFUL_FLOAT]
"""Of these it may differ in the last bits, as compilers and libraries do."""
