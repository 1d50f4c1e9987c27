"""A run of pytest: keeps its record, one for each device, and says what it comes to."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from tinyml_hil.plugin.closing import write_closing
from tinyml_hil.plugin.failures import said_by
from tinyml_hil.plugin.kept_run import KeptRun
from tinyml_hil.plugin.state import (
    DEVICE,
    FACTS,
    FACTS_OUTPUT,
    history_of,
    options_of,
    target_is_chosen,
)
from tinyml_hil.record import JUNIT, TRANSCRIPTS, Status, new_folder
from tinyml_hil.run import JointRun, begin_on, with_facts
from tinyml_hil.session import Session


class PytestRun:
    """Gathers the records of images, from workers too.

    With ``--target`` or ``--device`` they are kept in a folder of each device, together with all
    that the run was made with; without, nothing is kept but transcripts.
    """

    def __init__(self, config: pytest.Config, sessions: Mapping[str, Session]) -> None:
        """Chooses the run's folders; nothing is in them before ``begin``.

        ``sessions``: by the devices' names, one at least.
        """
        self._config = config
        self._kept = {name: KeptRun(name, session) for name, session in sessions.items()}
        self._was_interrupted = False
        self._joint: JointRun | None = None
        self._folders: dict[str, Path] = {}
        self.folder: Path | None = None
        """Of what all devices have in common; None if no record is kept."""
        if target_is_chosen(config) and not config.getoption("collectonly"):
            reports = next(iter(sessions.values())).project.reports
            self._folders = {
                name: new_folder(session.options.target, reports)
                for name, session in sessions.items()
            }
            joint = len(sessions) > 1
            self.folder = (
                JointRun.new_folder(reports) if joint else self._folders[next(iter(sessions))]
            )
            config.add_cleanup(self._remove_empty_folders)
            config.option.xmlpath = config.option.xmlpath or str(self.folder / JUNIT)

    def transcripts(self, device: str) -> Path:
        """The folder for what is said over a device's links, where there is a ``folder``.

        ``device``: its name; empty for the only one.
        """
        return self._folders.get(device, next(iter(self._folders.values()))) / TRANSCRIPTS

    def _remove_empty_folders(self) -> None:
        for folder in filter(None, (self.folder, *self._folders.values())):
            with contextlib.suppress(OSError):  # it is not empty, or gone: the run has begun
                folder.rmdir()

    def begin(self) -> None:
        """Writes the record of a run whose options have been checked."""
        if not self.folder:
            return
        command = ["pytest", *map(str, self._config.invocation_params.args)]
        runs = {
            name: begin_on(kept.session, command, self._folders[name])
            for name, kept in self._kept.items()
        }
        for name, run in runs.items():
            self._kept[name].run = run.ongoing
        if len(runs) > 1:
            self._joint = JointRun.begin(runs, options_of(self._config), command, self.folder)

    def _of(self, report: pytest.TestReport) -> Iterable[KeptRun]:
        """Whose test it is: that of all, if it is of no device."""
        device = getattr(report, DEVICE, "")
        return [self._kept[device]] if device in self._kept else self._kept.values()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes over the record of an image, how a test ended, and why it failed."""
        for kept in self._of(report):
            kept.add(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Takes over why a file could not be collected."""
        if report.failed:
            self._fail(f"{report.nodeid or 'a file outside of the project'}: {said_by(report)}")

    def _fail(self, why: str) -> None:
        """Notes what is wrong with the run on every device."""
        for kept in self._kept.values():
            kept.failures.append(why)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Sees who ends the run: with an exception of its own pytest does, as after ``-x -n 2``."""
        self._was_interrupted = excinfo.type is KeyboardInterrupt
        if not self._was_interrupted:
            self._fail(f"pytest ended the run: {excinfo.value}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what the devices of a pytest-xdist worker told."""
        told = getattr(node, "workeroutput", {}).get(FACTS_OUTPUT, {})
        for name, facts in told.items():
            self._facts[name] = with_facts(self._facts.get(name, {}), facts)

    @property
    def _facts(self) -> dict[str, dict[str, Any]]:
        return self._config.stash.setdefault(FACTS, {})

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Completes the record, after junit.xml has been written with what identifies the run."""
        self._identify()
        try:
            return (yield)
        except OSError as error:  # of junit.xml
            for kept in self._kept.values():
                kept.trouble = kept.trouble or f"not all of the run was recorded: {error}"
            return None
        finally:
            self._finish(session)

    def _identify(self) -> None:
        xml = self._config.stash.get(xml_key, None)
        for kept in self._kept.values():
            if not xml or not kept.run:
                continue
            known = [] if self._was_interrupted else kept.records  # to measure takes a second
            for name, value in kept.run.properties(known).items():
                told = f"{kept.name}: {name}" if self._joint else name
                xml.add_global_property(told, value)

    def _finish(self, session: pytest.Session) -> None:
        if not self._folders:
            return
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self._fail("no test was chosen")
        history, statuses = history_of(self._config), self._statuses(session)
        for name, kept in self._kept.items():
            kept.observe(self._facts.get(name, {}))
            kept.end(session, statuses[name], history)
        if self._joint:
            self._finish_joint(session, self._joint)
        if any(kept.trouble for kept in self._kept.values()) and (
            session.exitstatus == pytest.ExitCode.OK
        ):
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _finish_joint(self, session: pytest.Session, joint: JointRun) -> None:
        """Fails the run where devices disagree, though each passed its own tests."""
        last = list(self._kept.values())[-1]
        try:
            last.warning = "\n".join(filter(None, (last.warning, joint.finish())))
        except OSError as error:
            last.trouble = last.trouble or f"the run was not recorded: {error}"
        if joint.record.disagreements and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _statuses(self, session: pytest.Session) -> dict[str, Status]:
        """By the devices' names; one on which nothing failed passed, if something did on others."""
        if self._was_interrupted:
            return dict.fromkeys(self._kept, "interrupted")
        if session.exitstatus == pytest.ExitCode.OK:
            return dict.fromkeys(self._kept, "passed")
        some = any(kept.failures for kept in self._kept.values())
        return {
            name: "failed" if kept.failures or not some else "passed"
            for name, kept in self._kept.items()
        }

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int | pytest.ExitCode
    ) -> None:
        """Prints the closing table."""
        kept, facts = list(self._kept.values()), self._facts
        write_closing(terminalreporter, kept, facts, self._joint, exitstatus)
