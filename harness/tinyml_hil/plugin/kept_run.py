"""Kept run: what one device's part of a run of pytest leaves, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from tinyml_hil.errors import UsageError
from tinyml_hil.gate import Outcome
from tinyml_hil.plugin.failures import said_by
from tinyml_hil.plugin.state import RECORD
from tinyml_hil.plugin.tally import Tally
from tinyml_hil.record import (
    COVERAGE,
    InputRecord,
    Status,
    folder_of,
    record_from_plain,
    summary_rows,
)
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Session

_OF_WHOLE_RUNS = (COVERAGE, "unstable", "link_errors")
"""Measures, beside the coverage of folders."""


class KeptRun:
    """The records of one device's inputs, and its tests; in a folder, if there is one."""

    def __init__(self, name: str, session: Session) -> None:
        """``name``: the device's."""
        self.name = name
        self.session = session
        self.run: OngoingRun | None = None
        """Where it is kept; None if nothing is, or before it has begun."""
        self.records: list[InputRecord] = []
        self.failures: list[str] = []
        self.broken: list[str] = []
        """Budgets that no test could know of."""
        self.unanswered = 0
        """Inputs whose tests failed without an answer."""
        self.why = ""
        """Why outputs differ, if that was found."""
        self.trouble = ""
        """Why not all of it is kept."""
        self.warning = ""
        self._tally = Tally()
        self._taken: dict[int, dict[str, Any]] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Takes over the record of an image, how a test ended, and why it failed."""
        self._tally.add(_name(report), report)
        if report.failed:
            self.failures.append(f"{_name(report)}: {said_by(report)}")
        plain = getattr(report, RECORD, None)
        if report.when == "call" and plain:
            self._take(plain)
        elif hasattr(report, RECORD) and not report.passed and not plain:
            self.unanswered += 1

    def _take(self, plain: dict[str, Any]) -> None:
        """An input that several tests look at counts once."""
        if self._taken.get(plain["index"]) != plain:
            self._taken[plain["index"]] = plain
            self._keep(record_from_plain(plain))

    def _keep(self, record: InputRecord) -> None:
        self.records.append(record)
        if self.run and not self.trouble:
            try:
                self.run.add([record])
            except OSError as error:
                self.trouble = f"the results were not recorded: {error}"

    def observe(self, facts: dict[str, Any]) -> None:
        """Takes over what the device told, and how the tests ended."""
        if self.run:
            self.run.observe(facts | {"tests": self._tally.rows()})

    def end(self, session: pytest.Session, status: Status, history: str) -> None:
        """Ends the run; one that could not begin is taken back.

        Args:
            session: whose exit status becomes that of a failure if a budget is broken.
            status: the run's, as far as the tests say.
            history: URL of the history.
        """
        if not self.run:
            return
        try:
            if session.exitstatus == pytest.ExitCode.USAGE_ERROR and not self.records:
                self.run.abandon(" ".join(self.failures))
                return
            if status != "interrupted":  # a test fails if one is broken, if it was chosen
                if self._check_whole(session, self.run.check_budgets(history)):
                    status = "failed"
                self.why = self.run.explain()
            self.warning = self.run.finish(status, self.failures, history)
        except (UsageError, OSError) as error:
            self.trouble = self.trouble or f"the run was not recorded: {error}"

    def _check_whole(self, session: pytest.Session, broken: list[Outcome]) -> bool:
        """Fails the run for its budgets of what only a whole run tells, and no test in it."""
        messages = [o.message() for o in broken if o.name in _OF_WHOLE_RUNS or folder_of(o.name)]
        self.failures += messages
        self.broken += messages
        if messages and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return bool(messages)

    def rows(self, facts: dict[str, Any]) -> list[tuple[str, str]]:
        """The rows of the closing table; none if no image was run.

        ``facts``: what the device told of itself.
        """
        if not self.records:
            return []
        rows = summary_rows(
            self.records,
            self.session.task,
            self.session.firmware.sizes,
            unit=facts.get("unit", "ticks"),
            arena_used=facts.get("memory", {}).get("arena_used"),
            repeats=self.session.options.repeat,
        )
        if self.unanswered:
            rows.insert(1, ("without an answer", f"{self.unanswered:,}"))
        return rows


def _name(report: pytest.TestReport) -> str:
    """The test's name; a file that was given and lies outside the project has none in its id."""
    file = report.location[0] if report.nodeid.startswith("::") else ""
    return f"{file}{report.nodeid}"
