"""A run of pytest: keeps its record, and prints what it comes to."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from tinyml_hil.errors import UsageError
from tinyml_hil.gate import Outcome
from tinyml_hil.plugin.failures import said_by
from tinyml_hil.plugin.state import FACTS, FACTS_OUTPUT, RECORD, history_of, target_is_chosen
from tinyml_hil.plugin.tally import Tally
from tinyml_hil.record import (
    COVERAGE,
    JUNIT,
    TRANSCRIPTS,
    InputRecord,
    Status,
    new_folder,
    record_from_plain,
    summary_rows,
)
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Session
from tinyml_hil.words import shortened

_LONGEST_TITLE = 40
"""Characters of a model's name above the closing table."""


class PytestRun:
    """Gathers the records of images, from workers too.

    With ``--target`` they are kept in a folder of their own, together with all that the run was
    made with; without, nothing is kept but transcripts.
    """

    def __init__(self, config: pytest.Config, session: Session) -> None:
        """Chooses the run's folder; nothing is in it before ``begin``."""
        self._config = config
        self._session = session
        self._records: list[InputRecord] = []
        self._failures: list[str] = []
        self._tally = Tally()
        self._was_interrupted = False
        self._unanswered = 0
        self._broken: list[str] = []
        self._trouble = ""
        self._warning = ""
        self._why = ""
        self._run: OngoingRun | None = None
        self.folder: Path | None = None
        if target_is_chosen(config) and not config.getoption("collectonly"):
            self.folder = new_folder(session.options.target, session.project.reports)
            config.add_cleanup(self._remove_empty_folder)
            config.option.xmlpath = config.option.xmlpath or str(self.folder / JUNIT)

    @property
    def transcripts(self) -> Path | None:
        """The folder for what is said over links; None if no record is kept."""
        return self.folder / TRANSCRIPTS if self.folder else None

    def _remove_empty_folder(self) -> None:
        if self.folder:
            with contextlib.suppress(OSError):  # it is not empty: the run has begun
                self.folder.rmdir()

    def begin(self) -> None:
        """Writes the record of a run whose options have been checked."""
        if self.folder:
            command = ["pytest", *map(str, self._config.invocation_params.args)]
            self._run = OngoingRun.begin(self._session, command, self.folder)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes over the record of an image, how a test ended, and why it failed."""
        self._tally.add(_name(report), report)
        if report.failed:
            self._failures.append(f"{_name(report)}: {said_by(report)}")
        plain = getattr(report, RECORD, None)
        if report.when == "call" and plain:
            self._keep(record_from_plain(plain))
        elif hasattr(report, RECORD) and not report.passed and not plain:
            self._unanswered += 1

    def _keep(self, record: InputRecord) -> None:
        self._records.append(record)
        if self._run and not self._trouble:
            try:
                self._run.add([record])
            except OSError as error:
                self._trouble = f"the results were not recorded: {error}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Takes over why a file could not be collected."""
        if report.failed:
            file = report.nodeid or "a file outside of the project"
            self._failures.append(f"{file}: {said_by(report)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Sees who ends the run: with an exception of its own pytest does, as after ``-x -n 2``."""
        self._was_interrupted = excinfo.type is KeyboardInterrupt
        if not self._was_interrupted:
            self._failures.append(f"pytest ended the run: {excinfo.value}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what the device of a pytest-xdist worker told."""
        facts = getattr(node, "workeroutput", {}).get(FACTS_OUTPUT)
        if facts:
            from tinyml_hil.run import with_facts

            self._config.stash[FACTS] = with_facts(self._config.stash.get(FACTS, {}), facts)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Completes the record, after junit.xml has been written with what identifies the run."""
        self._identify()
        try:
            return (yield)
        except OSError as error:  # of junit.xml
            self._trouble = self._trouble or f"not all of the run was recorded: {error}"
            return None
        finally:
            self._finish(session)

    def _identify(self) -> None:
        xml = self._config.stash.get(xml_key, None)
        if xml and self._run:
            known = [] if self._was_interrupted else self._records  # to measure takes a second
            for name, value in self._run.properties(known).items():
                xml.add_global_property(name, value)

    def _finish(self, session: pytest.Session) -> None:
        if not self._run:
            return
        self._run.observe(self._config.stash.get(FACTS, {}) | {"tests": self._tally.rows()})
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self._failures.append("no test was chosen")
        history = history_of(self._config)
        try:
            if session.exitstatus == pytest.ExitCode.USAGE_ERROR and not self._records:
                self._run.abandon(" ".join(self._failures))
                return
            if not self._was_interrupted:  # a test fails if one is broken, if it was chosen
                self._check_coverage(session, self._run.check_budgets(history))
                self._why = self._run.explain()
            self._warning = self._run.finish(self._status(session), self._failures, history)
        except (UsageError, OSError) as error:
            self._trouble = self._trouble or f"the run was not recorded: {error}"
        if self._trouble and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _check_coverage(self, session: pytest.Session, broken: list[Outcome]) -> None:
        """Fails the run for its budget of coverage, which no test in it can know."""
        messages = [outcome.message() for outcome in broken if outcome.name == COVERAGE]
        self._failures += messages
        self._broken += messages
        if messages and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _status(self, session: pytest.Session) -> Status:
        if self._was_interrupted:
            return "interrupted"
        return "passed" if session.exitstatus == pytest.ExitCode.OK else "failed"

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int | pytest.ExitCode
    ) -> None:
        """Prints the closing table."""
        if self._records:
            self._print_table(terminalreporter)
            if self._run and self._run.hint:
                terminalreporter.write_line(f"hint: {self._run.hint}", yellow=True)
            if self._why:
                terminalreporter.write_line(self._why, yellow=True)
        for message in self._broken:
            terminalreporter.write_line(message, red=True)
        if self._trouble:
            terminalreporter.write_line(self._trouble, red=True)
        if self._warning:
            terminalreporter.write_line(f"warning: {self._warning}", yellow=True)
        if self._run and exitstatus != pytest.ExitCode.USAGE_ERROR:
            for line in self._run.places():
                terminalreporter.write_line(line)

    def _print_table(self, terminalreporter: pytest.TerminalReporter) -> None:
        facts = self._config.stash.get(FACTS, {})
        session = self._session
        rows = summary_rows(
            self._records,
            session.task,
            session.firmware.sizes,
            unit=facts.get("unit", "ticks"),
            arena_used=facts.get("memory", {}).get("arena_used"),
        )
        model = shortened(session.options.model.stem, _LONGEST_TITLE)
        terminalreporter.section(f"{model} on {session.options.target}, {session.platform.name}")
        if self._unanswered:
            rows.insert(1, ("without an answer", f"{self._unanswered:,}"))
        for name, value in rows:
            terminalreporter.write_line(f"{name:<28}{value:>16}")
        terminalreporter.write_line(f"compared with {session.reference_choice}")


def _name(report: pytest.TestReport) -> str:
    """The test's name; a file that was given and lies outside the project has none in its id."""
    file = report.location[0] if report.nodeid.startswith("::") else ""
    return f"{file}{report.nodeid}"
