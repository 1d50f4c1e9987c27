from .executed import coverage_of as coverage_of
from .gcovr import (
    COBERTURA as COBERTURA,
    DATA as DATA,
    LCOV as LCOV,
    PAGE as PAGE,
    read_coverage as read_coverage,
    require_coverage as require_coverage,
    write_coverage as write_coverage,
)
from .sources import Coverage as Coverage, merged as merged
