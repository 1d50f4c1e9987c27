from .bisect import Bisect as Bisect
from .changes import (
    Changes as Changes,
    Difference as Difference,
    circumstances_between as circumstances_between,
)
from .compare import Comparison as Comparison, compare_runs as compare_runs
from .schema import Build as Build
from .since import with_since as with_since
from .standing import Line as Line, Step as Step, Verdict as Verdict, read_standing as read_standing
from .store import (
    History as History,
    open_history as open_history,
    record_or_warn as record_or_warn,
    require_history as require_history,
    row_of as row_of,
)
from .symbols import save_symbols as save_symbols
from .trend import (
    Kind as Kind,
    Point as Point,
    Series as Series,
    read_trend as read_trend,
    sparkline as sparkline,
)
