from .bisect import Bisect as Bisect
from .compare import (
    Comparison as Comparison,
    Difference as Difference,
    compare_runs as compare_runs,
)
from .schema import Build as Build
from .since import with_since as with_since
from .store import (
    History as History,
    open_history as open_history,
    record_or_warn as record_or_warn,
    require_history as require_history,
    row_of as row_of,
)
from .symbols import save_symbols as save_symbols
from .trend import Series as Series, read_trend as read_trend, sparkline as sparkline
from .trend_page import render_trend_page as render_trend_page
