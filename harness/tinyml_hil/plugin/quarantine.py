"""Quarantine: a test that is known to fail is excused until a date, and from then on fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

MARKER = "quarantine"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line(
        "markers", f'{MARKER}(until="YYYY-MM-DD", reason="..."): may fail until that day, not after'
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Excuses a test up to the last day of its quarantine."""
    for until, reason in _quarantines(item):
        if date.today() <= until:
            text = f"in quarantine until {until}: {reason}"
            item.add_marker(pytest.mark.xfail(reason=text, strict=False))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fails a test whose quarantine has ended, whatever it does, so that somebody looks at it."""
    for until, reason in _quarantines(item):
        if date.today() > until:
            pytest.fail(f"its quarantine ended on {until}: {reason}", pytrace=False)


def _quarantines(item: pytest.Item) -> Iterator[tuple[date, str]]:
    for marker in item.iter_markers(MARKER):
        try:
            yield date.fromisoformat(marker.kwargs["until"]), marker.kwargs["reason"]
        except (KeyError, TypeError, ValueError):
            raise pytest.UsageError(
                f"{item.nodeid}: quarantine needs a date and a reason, such as "
                '@pytest.mark.quarantine(until="2027-01-31", reason="the probe drops bytes")'
            ) from None
