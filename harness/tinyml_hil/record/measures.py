"""Measures: the numbers of a run that budgets, baselines and the history know by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tinyml_hil.choices import LITERT_ARITHMETIC, OWN_ENGINE
from tinyml_hil.record.campaign_record import CampaignRecord
from tinyml_hil.record.facts import CoverageFacts
from tinyml_hil.record.run_record import RunRecord

UNITS = ("instructions", "cycles", "microseconds")
"""Of ticks; never is one compared with another."""


@dataclass(frozen=True)
class Measure:
    """How a measure is read and shown."""

    unit: str
    more_is_better: bool = False
    built: bool = True
    """Whether the compiler has a part in it."""
    of_answers: bool = False
    """Whether it says how good the answers are, to one selection of inputs."""
    of_faults: bool = False
    """Whether a campaign comes to it, and no run: no baseline has it."""

    def show(self, value: float) -> str:
        """Such as ``30,372 bytes`` or ``88.20 %``."""
        return f"{self.number(value)} {self.unit}".rstrip()

    def number(self, value: float) -> str:
        """The same without its unit."""
        if self.unit == "%":
            return f"{100 * value:.2f}"
        return f"{value:,.0f}" if self.unit else f"{value:.4g}"

    def change(self, difference: float) -> str:
        """A difference of two values, with its sign and without its unit."""
        return f"{'+' if difference > 0 else ''}{self.number(difference)}"


COVERAGE = "coverage"
"""The share of the firmware's lines that ran."""
CRITICAL = "critical"
"""The share of a campaign's faults that change a class, by the upper end of its interval."""

MEASURES: Mapping[str, Measure] = {
    "accuracy": Measure("%", more_is_better=True, built=False, of_answers=True),
    "f1": Measure("%", more_is_better=True, built=False, of_answers=True),
    "miou": Measure("%", more_is_better=True, built=False, of_answers=True),
    "pixel_accuracy": Measure("%", more_is_better=True, built=False, of_answers=True),
    "auc": Measure("", more_is_better=True, built=False, of_answers=True),
    "mae": Measure("", built=False, of_answers=True),
    "rmse": Measure("", built=False, of_answers=True),
    "exact": Measure("%", more_is_better=True, built=False),
    "unstable": Measure("%", built=False),
    "instructions": Measure("instructions"),
    "cycles": Measure("cycles"),
    "microseconds": Measure("microseconds"),
    "flash": Measure("bytes"),
    "ram": Measure("bytes"),
    "arena": Measure("bytes"),
    "stack": Measure("bytes"),
    "boot": Measure("ticks"),
    "link_errors": Measure("", built=False),
    COVERAGE: Measure("%", more_is_better=True),
    CRITICAL: Measure("%", built=False, of_faults=True),
}
"""``accuracy``, ``f1``, ``miou``, ``pixel_accuracy``, ``exact``, ``unstable``, ``coverage`` and
``critical`` are shares, 0 to 1; ``auc`` is an area, and ``mae`` and ``rmse`` are in the unit of
the labels;
``instructions``, ``cycles`` and ``microseconds`` are the mean of an inference; ``flash`` and
``ram`` go without model, arena and stack; ``boot`` is the time from reset to prompt;
``link_errors`` is there where inputs went over a UART, or something went wrong."""


def measure_of(name: str) -> Measure:
    """What a budget of this name limits; ``coverage FOLDER`` is of one folder's sources.

    Raises:
        KeyError: there is no such measure.
    """
    return MEASURES[COVERAGE if folder_of(name) else name]


def folder_of(name: str) -> str:
    """The folder whose coverage a budget limits; empty if it limits something else."""
    measure, _, folder = name.partition(" ")
    return folder.strip() if measure == COVERAGE else ""


def heading_of(name: str) -> str:
    """A measure's name and unit, above a column or a chart: ``flash, bytes``."""
    unit = MEASURES[name].unit
    return name if unit in ("", name) else f"{name}, {unit}"


OF_ANSWERS = tuple(name for name, measure in MEASURES.items() if measure.of_answers)
"""Those of which a model has what its task comes to, by the inputs that were run."""


@dataclass(frozen=True)
class Circumstances:
    """What decides whether the measures of two runs are comparable."""

    platform: str
    model: str
    model_path: str
    model_sha256: str
    unit: str
    """Of ticks; empty if no device answered."""
    compiler: str
    """First line of its ``--version``; empty for firmware that was brought."""
    engine: str
    """What infers, see ``engine_of``."""
    ops: str
    """Which ops the firmware was built with, as ``--ops`` has it."""
    selftest: int
    """Bytes of the images that the firmware runs at boot."""
    dataset_sha256: str
    campaign: str = ""
    """What faults were written, see ``CampaignRecord.series``; empty for a run."""


def circumstances_of(record: RunRecord | CampaignRecord) -> Circumstances:
    """Those of a run or a campaign."""
    return Circumstances(
        platform=record.platform,
        model=record.model["name"],
        model_path=record.model["path"],
        model_sha256=record.model["sha256"],
        unit=record.unit,
        compiler=record.versions.get("compiler", ""),
        engine=engine_of(record.options),
        ops=str(record.options.get("ops", "")),
        selftest=record.firmware["sizes"]["selftest"],
        dataset_sha256=record.dataset["sha256"],
        campaign=record.series if isinstance(record, CampaignRecord) else "",
    )


def engine_of(options: Mapping[str, Any]) -> str:
    """What infers, as ``--engine`` has it; and our engine's arithmetic, if not the usual."""
    engine = str(options.get("engine", OWN_ENGINE))
    arithmetic = options.get("arithmetic", LITERT_ARITHMETIC)
    if engine != OWN_ENGINE or arithmetic == LITERT_ARITHMETIC:
        return engine
    return f"{engine}-{arithmetic}"


def measures_of(record: RunRecord | CampaignRecord) -> dict[str, float]:
    """The measures that a run or a campaign has; what it did not come to is left out."""
    if isinstance(record, CampaignRecord):
        return {CRITICAL: record.critical["high"]} if record.critical else {}
    numbers, sizes, memory = record.numbers, record.firmware.get("sizes", {}), record.memory
    found = {
        **{name: numbers.get(f"{name}_device") for name in OF_ANSWERS},
        "exact": numbers["exact"] / numbers["images"] if numbers.get("images") else None,
        "unstable": _unstable(record),
        record.unit: numbers.get("ticks_mean"),
        "flash": sizes.get("flash"),
        "ram": sizes.get("ram"),
        "arena": memory.get("arena_used"),
        "stack": memory.get("stack_used"),
        "boot": record.boot_ticks or None,
        "link_errors": _link_errors(record),
        COVERAGE: _coverage(record),
    }
    # Ticks without a unit were not counted.
    return {name: float(value) for name, value in found.items() if name and value is not None}


def coverage_sentence(folders: Sequence[CoverageFacts]) -> str:
    """How much of all folders ran, for people; there has to be one."""
    lines, lines_run, functions, functions_run = (
        sum(folder[name] for folder in folders)
        for name in ("lines", "lines_run", "functions", "functions_run")
    )
    share = MEASURES[COVERAGE].show(lines_run / lines)
    return f"{share} of {lines:,} lines and {functions_run:,} of {functions:,} functions ran"


def link_sentence(link: Mapping[str, int]) -> str:
    """What went wrong on the link, for people; empty if nothing did."""
    said = [
        words.format(f"{n} times" if n > 1 else "once")
        for name, words in _LINK.items()
        if (n := link.get(name, 0))
    ]
    return f"the link: {'; '.join(said)}" if said else ""


_LINK = {
    "damaged": "{} bytes were damaged or lost, and asked for again",
    "silent": "{} no answer came in time",
    "restarted": "{} the device went away and was started again",
}


def repeats_of(record: RunRecord) -> int:
    """How often each input was run."""
    return int(record.options.get("repeat", 1))


def _link_errors(record: RunRecord) -> int | None:
    """Also none at all, where there are some now and then: else nobody sees that they begin."""
    return sum(record.link.values()) or (0 if record.lane == "uart" else None)


def _unstable(record: RunRecord) -> float | None:
    """None where nothing was run twice."""
    if repeats_of(record) == 1 or not record.numbers.get("images"):
        return None
    return record.numbers.get("unstable", 0) / record.numbers["images"]


def _coverage(record: RunRecord) -> float | None:
    return coverage_in(record, "") if record.coverage else None


def coverage_in(record: RunRecord, folder: str) -> float:
    """The share of the lines below a folder that ran, or of all if it is empty; 0 if there are
    none.
    """
    found = [
        each
        for each in record.coverage
        if not folder or PurePosixPath(each["folder"]).is_relative_to(folder)
    ]
    lines = sum(each["lines"] for each in found)
    return sum(each["lines_run"] for each in found) / lines if lines else 0.0
