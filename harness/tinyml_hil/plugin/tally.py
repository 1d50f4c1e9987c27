"""Tally: how the tests of a run ended, those of one function together, and why some did not run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

Ending = Literal["passed", "failed", "skipped"]
_SKIPPED = "Skipped: "


@dataclass
class _Function:
    """A test function, whatever its parameters; the fields are run.json's."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    why: list[str] = field(default_factory=list)
    """The reasons why some were skipped, each once."""


class Tally:
    """Counts tests as their reports come; one that fails while it is set up or ended has failed."""

    def __init__(self) -> None:
        """Nothing has run yet."""
        self._endings: dict[str, Ending] = {}
        self._reasons: dict[str, str] = {}

    def add(self, name: str, report: pytest.TestReport) -> None:
        """Takes over a phase of the test ``name``."""
        if report.failed:
            self._endings[name] = "failed"
        elif report.skipped:
            self._endings[name] = "skipped"
            self._reasons[name] = _reason(report)
        elif report.when == "call":
            self._endings[name] = "passed"

    def rows(self) -> list[dict[str, Any]]:
        """The functions in the order in which they ran, as run.json has them."""
        functions: dict[str, _Function] = {}
        for name, ending in self._endings.items():
            base = name.partition("[")[0]
            function = functions.setdefault(base, _Function(base))
            setattr(function, ending, getattr(function, ending) + 1)
            reason = self._reasons.get(name)
            if reason and reason not in function.why:
                function.why.append(reason)
        return [asdict(function) for function in functions.values()]


def _reason(report: pytest.TestReport) -> str:
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"it failed, as is expected: {expected}" if expected else "it failed, as is expected"
    place = report.longrepr
    text = place[2] if isinstance(place, tuple | list) else report.longreprtext
    return str(text).removeprefix(_SKIPPED)
