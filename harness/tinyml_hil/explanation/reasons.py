"""Reasons: the explanation of a run on record, and the quick one of a run under way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tinyml_hil.errors import HilError, UsageError
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.examiner import examine
from tinyml_hil.explanation.found import Explanation
from tinyml_hil.explanation.hypotheses import HYPOTHESES
from tinyml_hil.model import Model
from tinyml_hil.record import (
    RESULTS,
    TRANSCRIPTS,
    InputRecord,
    RunRecord,
    load_record,
    load_results,
    task_of_run,
)
from tinyml_hil.session import Session, recorded_session

_QUICK_MACS = 3_000_000_000
"""Multiply-accumulates of all candidates that are tried quickly: two seconds of LiteRT's."""


def explain_run(
    folder: Path, on_candidate: Callable[[int, str], None] = lambda number, sentence: None
) -> Explanation:
    """Tries every hypothesis on a run that is on record; writes its explanation.json.

    Args:
        on_candidate: is told how many hypotheses are done, and what is tried now.

    Raises:
        UsageError: the run has no results, its files are damaged, or its model or dataset are not
            what they were.
        SetupError: its reference is not installed.
        OSError: the folder cannot be written.
    """
    record = load_record(folder)
    records = _results(folder, record)
    explanation = _blank(record.reference, records, record.id)
    if explanation.different:
        session = _session(record)
        _require_outputs_of(session.model, records, folder / RESULTS)
        transcript = folder / TRANSCRIPTS / "explain.log"
        with Evidence(session, record.reference, records, transcript) as evidence:
            _require_same_answers(evidence)
            examine(evidence, HYPOTHESES, explanation, on_candidate)
    explanation.save(folder)
    return explanation


def explain_quickly(
    session: Session, reference: str, records: Sequence[InputRecord], run: str = ""
) -> Explanation | None:
    """The cause of what differs, as far as it is found within seconds and without the device.

    None if nothing differs, or none is found.

    Args:
        session: of the run.
        reference: which gave what the records expect.
        records: of all inputs up to now.
        run: the run's id, if it is on record.
    """
    explanation = _blank(reference, records, run)
    if not explanation.different:
        return None
    quick = [hypothesis for hypothesis in HYPOTHESES if hypothesis.quick]
    try:
        with Evidence(session, reference, records, Path()) as evidence:
            most = max(1, _QUICK_MACS // max(1, session.model.macs))
            found = examine(evidence, quick, explanation, most=most)
    except HilError:  # what it says of the run, the run says itself
        return None
    return found if found.cause else None


def _blank(reference: str, records: Sequence[InputRecord], run: str = "") -> Explanation:
    different = sum(not record.exact for record in records)
    return Explanation(run, reference, len(records), different)


def _results(folder: Path, record: RunRecord) -> list[InputRecord]:
    path = folder / RESULTS
    if not path.exists():
        raise UsageError(f"the run {record.id} has no results: it ended before the first")
    return load_results(path, task_of_run(record).class_count)


def _session(record: RunRecord) -> Session:
    """What the run was made with, the images where they were.

    Raises:
        UsageError: the model is not there any more, or is another.
    """
    session = recorded_session(record)
    if session.model.sha256 != record.model["sha256"]:
        raise UsageError(
            f"{session.model.path} is not the model of the run any more: run it once more"
        )
    return session


def _require_outputs_of(model: Model, records: Sequence[InputRecord], path: Path) -> None:
    """Refuses outputs that are none of the model's.

    Raises:
        UsageError: they are of another size or type.
    """
    wanted = [(math.prod(spec.shape) // model.batch, spec.dtype) for spec in model.outputs]
    printed = [(size, np.dtype(np.float64)) for size, _ in wanted]
    for record in records:
        found = [(pair.output.size, pair.output.dtype) for pair in record.pairs]
        if found != (printed if record.precision else wanted):
            raise UsageError(f"{path} is damaged: image {record.index} has another model's output")


def _require_same_answers(evidence: Evidence) -> None:
    """Refuses a run that the host would answer differently now: what a cause gives would be, too.

    Raises:
        UsageError: it would.
    """
    for case in evidence.cases[:1]:
        if not case.expects(evidence.host.predict(case.tensor)):
            raise UsageError(
                f"{evidence.reference} gives another output for {case.title} now than in the run: "
                "its version, the preprocessing or the image changed since; run it once more"
            )
