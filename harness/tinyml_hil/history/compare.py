"""Compare: what changed from one run to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tinyml_hil.errors import UsageError
from tinyml_hil.history.changes import (
    Difference,
    changes_between,
    differences_of,
    sorted_by_change,
)
from tinyml_hil.history.schema import Build, Run
from tinyml_hil.history.store import History
from tinyml_hil.record import (
    MEASURES,
    RECORD,
    RESULTS,
    InputRecord,
    RunRecord,
    load_results,
    measures_of,
    record_of,
    task_of_run,
)


@dataclass(frozen=True)
class Flip:
    """An image that got another answer."""

    index: int
    label: str
    first: str
    second: str


@dataclass(frozen=True)
class Comparison:
    """What changed; lists but ``measures`` are empty where nothing did."""

    first: str
    second: str
    circumstances: list[Difference]
    """What was run: revision, model, compiler, ..."""
    numbers: list[Difference]
    measures: list[Difference]
    """All that one of them has, changed or not."""
    layers: list[Difference]
    """Ticks, those that changed most first."""
    symbols: list[Difference]
    """Bytes, those that changed most first; a symbol that is not there has 0."""
    images: int
    """How many images both runs have."""
    outputs: int
    """On how many of them an output differs, whether the class does or not."""
    flips: list[Flip]
    not_compared: list[str]
    """What could not be compared, and why."""


@dataclass(frozen=True)
class _Side:
    record: RunRecord
    folder: Path
    symbols: dict[str, int]


def compare_runs(history: History, first: str, second: str) -> Comparison:
    """What changed from the run ``first`` to the run ``second``.

    Args:
        first: a run's id, or its folder; so is ``second``.

    Raises:
        UsageError: there is no such run in the history.
    """
    one, other = _side(history, first), _side(history, second)
    not_compared: list[str] = []
    changes = changes_between(one.record, other.record)
    if one.record.unit != other.record.unit:
        not_compared.append(f"layers: {one.record.unit} and {other.record.unit}")
    symbols: list[Difference] = []
    if one.symbols and other.symbols:
        symbols = sorted_by_change(differences_of(one.symbols, other.symbols, missing=0))
    else:
        not_compared.append("symbols: not known of both runs")
    try:
        pairs = _common_images(one, other)
    except UsageError as error:
        pairs = []
        not_compared.append(f"images: {error}")
    return Comparison(
        first=one.record.id,
        second=other.record.id,
        circumstances=changes.circumstances,
        numbers=changes.numbers,
        measures=_measures(one.record, other.record),
        layers=changes.layers,
        symbols=symbols,
        images=len(pairs),
        outputs=sum(a.output.tobytes() != b.output.tobytes() for a, b in pairs),
        flips=_flips(pairs, one.record, other.record),
        not_compared=not_compared,
    )


def _measures(first: RunRecord, second: RunRecord) -> list[Difference]:
    one, other = measures_of(first), measures_of(second)
    return [Difference(n, one.get(n), other.get(n)) for n in MEASURES if n in one or n in other]


def _side(history: History, name: str) -> _Side:
    folder = Path(name)
    run_id = folder.resolve().name if (folder / RECORD).is_file() else name
    query = select(Run, Build.symbols).join(Build).where(Run.id == run_id)
    with history.session() as session:
        found = session.execute(query).first()
        if found is None:
            raise UsageError(f"no run {name!r} in the history; tinyml-hil history import adds one")
        run, symbols = found
        if run.campaign:
            raise UsageError(f"{run.id} is a campaign, and is compared with another campaign")
        record = record_of(run.record, f"the history's record of {run.id}")
        return _Side(record, Path(run.folder), symbols)


def _common_images(one: _Side, other: _Side) -> list[tuple[InputRecord, InputRecord]]:
    names = one.record.dataset["name"], other.record.dataset["name"]
    if names[0] != names[1]:
        raise UsageError(f"{names[0]} and {names[1]} are different data sets")
    first, second = (
        load_results(side.folder / RESULTS, task_of_run(side.record).class_count)
        for side in (one, other)
    )
    by_index = {record.index: record for record in second}
    pairs = [(a, by_index[a.index]) for a in first if a.index in by_index]
    if any(a.label != b.label for a, b in pairs):
        raise UsageError(f"the labels of {names[0]} are not the same")
    return pairs


def _flips(
    pairs: list[tuple[InputRecord, InputRecord]], one: RunRecord, other: RunRecord
) -> list[Flip]:
    if not pairs:
        return []
    # A task for each side: another model may quantize its output otherwise.
    first, second = map(task_of_run, (one, other), pairs[0])
    answers = [(a, first.answer(a, "device"), second.answer(b, "device")) for a, b in pairs]
    return [Flip(a.index, first.label(a), said, now) for a, said, now in answers if said != now]
