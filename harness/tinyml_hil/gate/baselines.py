"""Baselines: the measures that budgets compare a run with; a file each platform, model and engine.

A baseline belongs to one model: to the file of the project that it was taken from, so that a model
trained anew is compared with the one before, and to that file's content, wherever it lies. Another
model that happens to have its name has nothing to do with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tinyml_hil.choices import OWN_ENGINE
from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.project import Project
from tinyml_hil.record import (
    MEASURES,
    OF_ANSWERS,
    Circumstances,
    RunRecord,
    circumstances_of,
    measures_of,
)
from tinyml_hil.toml import read_toml

UPDATE = "tinyml-hil baseline update"
_HEADER = (
    "# Recorded by `tinyml-hil baseline update`. budgets.toml says how far a run may go from it.\n"
)

_OLDER = {"model_file": "", "ops": "model", "selftest": 0}
"""What files did not say once."""
Finite = Annotated[float, msgspec.Meta(ge=0, le=2**53)]
"""A measure: TOML has words for what is not finite, and no measure is below zero."""


@dataclass(frozen=True)
class Reached:
    """How good the answers were on one selection of images."""

    dataset: str
    """For people: name and number of images."""
    value: Finite


@dataclass(frozen=True)
class Baseline:
    """What an earlier run came to. Instructions and cycles never share one."""

    platform: str
    model: str
    unit: str
    engine: str
    model_sha256: str
    model_file: str
    """Where it lies in the project; empty if it lies elsewhere."""
    compiler: str
    """First line of its ``--version``; empty for firmware that was brought."""
    ops: str
    """As ``--ops`` had it."""
    selftest: int
    """Bytes of the images that were run at boot; 0 if not known, or there were none."""
    measures: dict[str, Finite]
    """All but those of the answers, which belong to a dataset."""
    reached: dict[str, dict[str, Reached]] = field(default_factory=dict)
    """Those of the answers, by their name and then by the dataset's SHA-256."""

    def measure(self, name: str, dataset_sha256: str) -> float | None:
        """What to compare a measure with; None if there is nothing."""
        if MEASURES[name].of_answers:
            reached = self.reached.get(name, {}).get(dataset_sha256)
            return reached.value if reached else None
        return self.measures.get(name)

    def is_of(self, now: Circumstances, project: Project) -> bool:
        """Whether it belongs to the model of a run, and not to another one of its name."""
        file = _file_in(project, now.model_path)
        return self.model_sha256 == now.model_sha256 or (bool(file) and self.model_file == file)

    def why_not(self, name: str, now: Circumstances) -> str:
        """Why a measure of a run has nothing here to be compared with; empty if it has."""
        if MEASURES[name].built and self.compiler != now.compiler:
            theirs, ours = (
                compiler or "somebody else" for compiler in (self.compiler, now.compiler)
            )
            return f"the baseline for {name} was built by {theirs}, this by {ours}"
        if MEASURES[name].built and self.ops != now.ops:
            return f"the baseline for {name} was built with --ops {self.ops}, this with {now.ops}"
        if name == "boot" and self.selftest and self.selftest != now.selftest:
            return (
                f"the baseline for boot had a self-test of {self.selftest:,} bytes of images, "
                f"this has {now.selftest:,}"
            )
        if self.measure(name, now.dataset_sha256) is not None:
            return ""
        if MEASURES[name].of_answers:
            return f"no baseline for {name} on these images yet: {UPDATE}"
        return f"the run that the baseline was taken from did not measure {name}"


def path_of(folder: Path, platform: str, model: str, unit: str, engine: str = OWN_ENGINE) -> Path:
    """Where in a project's folder of baselines one is kept."""
    other = "" if engine == OWN_ENGINE else f"-{engine}"
    return folder / f"{platform}-{model}-{unit}{other}.toml"


def load_baseline(
    folder: Path, platform: str, model: str, unit: str, engine: str = OWN_ENGINE
) -> Baseline | None:
    """The baseline, or None where none was recorded.

    Raises:
        UsageError: its file is damaged.
    """
    path = path_of(folder, platform, model, unit, engine)
    try:
        known: dict[str, Any] = {"platform": platform, "model": model, "unit": unit}
        known["engine"] = engine
        content = read_toml(path)
        found = [name for name in OF_ANSWERS if name in content]
        known["reached"] = {name: _reached(name, content[name]) for name in found}
        return msgspec.convert(_OLDER | content | known, Baseline)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UsageError(f"cannot use the baseline {path}: {error}") from error


def _reached(name: str, table: Any) -> Any:
    """The table of a measure of the answers, as ``Reached`` has it; what is no table stays so."""
    if not isinstance(table, dict):
        return table
    return {
        sha256: {**entry, "value": entry.get(name)} if isinstance(entry, dict) else entry
        for sha256, entry in table.items()
    }


def baseline_of(record: RunRecord, project: Project) -> Baseline:
    """What a run comes to as a baseline, beside what was reached with its model on other images.

    ``project``: where the older baseline is, if there is one.

    Raises:
        UsageError: the run did not end, or came to nothing that can be compared.
    """
    measures = measures_of(record)
    if record.status not in ("passed", "failed") or "exact" not in measures:
        raise UsageError(f"the run {record.id} ended before it had results; take another")
    if measures["exact"] < 1:
        raise UsageError(f"the run {record.id} has answers that differ from the host's")
    answers = {name: measures.pop(name) for name in OF_ANSWERS if name in measures}
    del measures["exact"]
    now = circumstances_of(record)
    older = load_baseline(project.baselines, now.platform, now.model, now.unit, now.engine)
    kept = older.reached if older and older.model_sha256 == now.model_sha256 else {}
    sha256, on = record.dataset["sha256"], "{name}, {images} images".format(**record.dataset)
    return Baseline(
        platform=now.platform,
        model=now.model,
        unit=now.unit,
        engine=now.engine,
        model_sha256=now.model_sha256,
        model_file=_file_in(project, now.model_path),
        compiler=now.compiler,
        ops=now.ops,
        selftest=now.selftest,
        measures=measures,
        reached={
            name: kept.get(name, {}) | {sha256: Reached(on, value)}
            for name, value in answers.items()
        },
    )


def save_baseline(baseline: Baseline, folder: Path) -> Path:
    """Writes the baseline's file, atomically: one number a line, always in the same order."""
    lines = [
        f"model_sha256 = {json.dumps(baseline.model_sha256)}",
        f"model_file = {json.dumps(baseline.model_file)}",
        f"compiler = {json.dumps(baseline.compiler)}",
        f"ops = {json.dumps(baseline.ops)}",
        f"selftest = {baseline.selftest}",
        "\n[measures]",
        *(
            f"{name} = {_number(baseline.measures[name])}"
            for name in MEASURES
            if name in baseline.measures
        ),
    ]
    for name, by_dataset in baseline.reached.items():
        for sha256, reached in sorted(by_dataset.items(), key=lambda item: item[1].dataset):
            lines += [
                f"\n[{name}.{sha256}]",
                f"dataset = {json.dumps(reached.dataset)}",
                f"{name} = {_number(reached.value)}",
            ]
    path = path_of(folder, baseline.platform, baseline.model, baseline.unit, baseline.engine)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (_HEADER + "\n".join(lines) + "\n").encode())
    return path


def _file_in(project: Project, path: str) -> str:
    """A path relative to the project that it lies in; empty if it lies elsewhere."""
    resolved = Path(path).resolve()
    if not resolved.is_relative_to(project.root):
        return ""
    return resolved.relative_to(project.root).as_posix()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
