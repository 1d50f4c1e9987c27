"""Baselines: the measures that budgets compare a run with, one file a platform, model and unit."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record import MEASURES, RunRecord, measures_of

_HEADER = (
    "# Recorded by `tinyml-hil baseline update`. budgets.toml says how far a run may go from it.\n"
)


@dataclass(frozen=True)
class Accuracy:
    """What was reached on one selection of images."""

    dataset: str
    """For people: name and number of images."""
    accuracy: float


@dataclass(frozen=True)
class Baseline:
    """What an earlier run came to. Instructions and cycles never share one."""

    platform: str
    model: str
    unit: str
    model_sha256: str
    compiler: str
    """First line of its ``--version``; empty for firmware that was brought."""
    measures: dict[str, float]
    """All but the accuracy, which belongs to a dataset."""
    accuracies: dict[str, Accuracy] = field(default_factory=dict)
    """By the dataset's SHA-256."""

    def measure(self, name: str, dataset_sha256: str) -> float | None:
        """What to compare a measure with; None if there is nothing."""
        if name == "accuracy":
            reached = self.accuracies.get(dataset_sha256)
            return reached.accuracy if reached else None
        return self.measures.get(name)

    def covers(self, name: str, compiler: str) -> bool:
        """Whether a measure is comparable: what one compiler built says nothing of another's."""
        known = self.compiler and compiler
        return not (known and MEASURES[name].built) or self.compiler == compiler


def path_of(folder: Path, platform: str, model: str, unit: str) -> Path:
    """Where in a project's folder of baselines one is kept."""
    return folder / f"{platform}-{model}-{unit}.toml"


def load_baseline(folder: Path, platform: str, model: str, unit: str) -> Baseline | None:
    """The baseline, or None where none was recorded.

    Raises:
        UsageError: its file is damaged.
    """
    path = path_of(folder, platform, model, unit)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        accuracies = {
            sha256: Accuracy(entry["dataset"], float(entry["accuracy"]))
            for sha256, entry in content.get("accuracy", {}).items()
        }
        return Baseline(
            platform=platform,
            model=model,
            unit=unit,
            model_sha256=content["model_sha256"],
            compiler=content["compiler"],
            measures={name: float(value) for name, value in content["measures"].items()},
            accuracies=accuracies,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"cannot use the baseline {path}: {error}") from error


def baseline_of(record: RunRecord, folder: Path) -> Baseline:
    """What a run comes to as a baseline; accuracies on other images, with this model, are kept.

    ``folder``: where the older baseline is, if there is one.

    Raises:
        UsageError: the run did not end, or came to nothing that can be compared.
    """
    measures = measures_of(record)
    if record.status not in ("passed", "failed") or "accuracy" not in measures:
        raise UsageError(f"the run {record.id} ended before it had results; take another")
    if measures["exact"] < 1:
        raise UsageError(f"the run {record.id} has answers that differ from the host's")
    accuracy = measures.pop("accuracy")
    del measures["exact"]
    model, sha256 = record.model["name"], record.model["sha256"]
    older = load_baseline(folder, record.platform, model, record.unit)
    kept = older.accuracies if older and older.model_sha256 == sha256 else {}
    dataset = record.dataset
    reached = Accuracy(f"{dataset['name']}, {dataset['images']} images", accuracy)
    return Baseline(
        platform=record.platform,
        model=model,
        unit=record.unit,
        model_sha256=sha256,
        compiler=record.versions.get("compiler", ""),
        measures=measures,
        accuracies=kept | {dataset["sha256"]: reached},
    )


def save_baseline(baseline: Baseline, folder: Path) -> Path:
    """Writes the baseline's file, atomically: one number a line, always in the same order."""
    lines = [
        f"model_sha256 = {json.dumps(baseline.model_sha256)}",
        f"compiler = {json.dumps(baseline.compiler)}",
        "\n[measures]",
        *(
            f"{name} = {_number(baseline.measures[name])}"
            for name in MEASURES
            if name in baseline.measures
        ),
    ]
    for sha256, reached in sorted(baseline.accuracies.items(), key=lambda item: item[1].dataset):
        lines += [
            f"\n[accuracy.{sha256}]",
            f"dataset = {json.dumps(reached.dataset)}",
            f"accuracy = {_number(reached.accuracy)}",
        ]
    path = path_of(folder, baseline.platform, baseline.model, baseline.unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (_HEADER + "\n".join(lines) + "\n").encode())
    return path


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(round(value, 6))
