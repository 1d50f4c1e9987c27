"""Judging: what is wrong with an evaluation's results, and what stays of one that ended early."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from tinyml_hil.errors import DeviceError, HilError, UsageError
from tinyml_hil.record import RunRecord, link_sentence
from tinyml_hil.run import Crew, OngoingRun
from tinyml_hil.session import Session, differences


def judge(session: Session, run: OngoingRun, history: str, of: str = "") -> list[str]:
    """Ends a run that has all its results; what is wrong with these, one message each.

    ``of``: the device's name, where there are several.
    """
    problems = (
        "\n".join(filter(None, (_differences(session, run), run.explain()))),
        session.task.disagreement(run.records),
    )
    broken = [outcome.message() for outcome in run.check_budgets(history)]
    failures = [problem for problem in problems if problem] + broken
    warning = run.finish("failed" if failures else "passed", failures, history)
    for said in filter(None, (link_sentence(run.record.link), warning)):
        print(f"warning: {of}{': ' if of else ''}{said}", file=sys.stderr)
    return failures


def _differences(session: Session, run: OngoingRun) -> str:
    return differences(run.records, session.dataset, session.task)


def end_early(run: OngoingRun, error: BaseException, history: str) -> bool:
    """Keeps what there is of a run; one that has nothing, and failed, is none.

    Returns:
        Whether it can be gone on with, and it helps.
    """
    with contextlib.suppress(OSError):  # of a full disk, which is what ``error`` says
        if isinstance(error, HilError) and not run.records:
            run.abandon(str(error))
            return False
        run.finish("interrupted", [str(error) or type(error).__name__], history)
    return not isinstance(error, UsageError | DeviceError)  # which would come again


def say_how_to_go_on(run: str) -> None:
    """``run``: its id."""
    print(f"to go on with it: tinyml-hil evaluate --resume {run}", file=sys.stderr)


def say_revivals(workers: Crew[Any], of: str = "a device") -> None:
    """Which devices went away and were started again; ``of``: what to call one."""
    for why in workers.revivals:
        print(f"warning: {of} was started again: {why}", file=sys.stderr)


def facts_of(record: RunRecord, folder: Path) -> dict[str, Any]:
    """What a run came to, by the names of run.json."""
    names = ("id", "status", "failures", "reference", "reference_why", "unit", "memory", "numbers")
    facts = {name: getattr(record, name) for name in names}
    return facts | {"sizes": record.firmware["sizes"], "folder": str(folder)}
