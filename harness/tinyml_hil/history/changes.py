"""Changes: what the records of two runs say that is not the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinyml_hil.record import CampaignRecord, RunRecord, measures_of

_HAD_AS_MEASURES = ("accuracy_device", "exact", "ticks_mean")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in both runs; None where a run does not have it."""

    name: str
    first: Any
    second: Any

    @property
    def change(self) -> float | None:
        """Second less first, of numbers."""
        if any(isinstance(side, bool) for side in (self.first, self.second)):
            return None
        if isinstance(self.first, int | float) and isinstance(self.second, int | float):
            return self.second - self.first
        return None


@dataclass(frozen=True)
class Changes:
    """What two records say that is not the same; lists are empty where nothing changed."""

    circumstances: list[Difference]
    """What was run: revision, model, compiler, ..."""
    numbers: list[Difference]
    layers: list[Difference]
    """Ticks, those that changed most first; none where their units are not the same."""


def changes_between(first: RunRecord, second: RunRecord) -> Changes:
    """What changed from one record to another, without the answer to each image."""
    layers: list[Difference] = []
    if first.unit == second.unit:
        layers = sorted_by_change(differences_of(_ticks(first), _ticks(second)))
    return Changes(
        circumstances=circumstances_between(first, second),
        numbers=differences_of(_numbers(first), _numbers(second)),
        layers=layers,
    )


def circumstances_between(
    first: RunRecord | CampaignRecord, second: RunRecord | CampaignRecord
) -> list[Difference]:
    """What was run that is not the same; either both are runs, or both campaigns."""
    return differences_of(_circumstances(first), _circumstances(second))


def differences_of(
    first: dict[str, Any], second: dict[str, Any], missing: int | None = None
) -> list[Difference]:
    names = dict.fromkeys([*first, *second])
    pairs = [Difference(n, first.get(n, missing), second.get(n, missing)) for n in names]
    return [pair for pair in pairs if pair.first != pair.second]


def sorted_by_change(differences: list[Difference]) -> list[Difference]:
    return sorted(differences, key=lambda d: abs(d.change or 0), reverse=True)


def _circumstances(record: RunRecord | CampaignRecord) -> dict[str, Any]:
    return {
        "status": record.status,
        "target": record.target,
        "platform": record.platform,
        **_own(record),
        "revision": record.git.get("revision", ""),
        "branch": record.git.get("branch", ""),
        "changes not committed": record.git.get("dirty", False),
        "build id": record.firmware["build_id"],
        "model": record.model["name"],
        "model sha256": record.model["sha256"],
        "dataset": record.dataset["name"],
        "dataset sha256": record.dataset["sha256"],
        **{f"version of {name}": value for name, value in record.versions.items()},
    }


def _own(record: RunRecord | CampaignRecord) -> dict[str, Any]:
    if isinstance(record, CampaignRecord):
        faults = sum(record.outcomes.values())
        return {"what was hit": record.hit, "faults": faults, "seed": record.choice["seed"]}
    return {"lane": record.lane, "reference": record.reference}


def _numbers(record: RunRecord) -> dict[str, Any]:
    others = {n: v for n, v in record.numbers.items() if n not in _HAD_AS_MEASURES}
    return measures_of(record) | others


def _ticks(record: RunRecord) -> dict[str, Any]:
    return {f"{layer['index']} {layer['op']}": layer["ticks"] for layer in record.layers}
