"""Tests: which tests of pytest's a run had, how they ended, and why some did not run."""

from __future__ import annotations

from dataclasses import dataclass

from tinyml_hil.record import RunRecord


@dataclass(frozen=True)
class Function:
    """The tests of one function."""

    file: str
    """Without its folder."""
    name: str
    passed: int
    failed: int
    skipped: int
    why: list[str]
    """The reasons why some were skipped."""


@dataclass(frozen=True)
class Tests:
    """All that were chosen; none where no pytest ran."""

    functions: list[Function]

    @property
    def notable(self) -> list[Function]:
        """Those of which a test failed, then those of which one was skipped."""
        failed = [one for one in self.functions if one.failed]
        return failed + [one for one in self.functions if one.skipped and not one.failed]

    @property
    def counts(self) -> str:
        """Such as ``53 tests passed, 1 was skipped``; empty if there are none."""
        passed, failed, skipped = (
            sum(getattr(one, ending) for one in self.functions)
            for ending in ("passed", "failed", "skipped")
        )
        parts = [f"{_tests(passed)} passed"]
        if failed:
            parts.append(f"{failed:,} failed")
        if skipped:
            parts.append(f"{skipped:,} {'was' if skipped == 1 else 'were'} skipped")
        return ", ".join(parts) if self.functions else ""


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count:,} tests"


def make_tests(record: RunRecord) -> Tests:
    """The tests of a run."""
    return Tests([_function(**row) for row in record.tests])


def _function(name: str, passed: int, failed: int, skipped: int, why: list[str]) -> Function:
    path, _, function = name.partition("::")
    return Function(path.rpartition("/")[2], function, passed, failed, skipped, why)
