"""Run record: the folder that a run leaves behind, and run.json in it (docs/results.md)."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically, write_json_atomically
from tinyml_hil.record.facts import (
    BudgetFacts,
    Count,
    CoverageFacts,
    DatasetFacts,
    FirmwareFacts,
    GitFacts,
    LayerFacts,
    ModelFacts,
    ShareFacts,
    TestFacts,
    Text,
)

SCHEMA = 1
RECORD = "run.json"
JOINT = "joint.json"
"""What joins the runs of several devices, in a folder beside theirs."""
CAMPAIGN = "campaign.json"
"""In the folder of a campaign, as ``RECORD`` in that of a run."""
RESULTS = "results.npz"
JOURNAL = "journal.jsonl"
JUNIT = "junit.xml"
MAP = "firmware.map"
TRANSCRIPTS = "transcripts"
LATEST = "latest"
_WORDS = {RECORD: "run", CAMPAIGN: "campaign", JOINT: "joint run"}
_STAMPED = re.compile(r"\d{8}-\d{6}-")
"""How the name of a run's folder begins: when it started."""

Status = Literal["running", "passed", "failed", "interrupted"]


@dataclass
class RunRecord:
    """What was run, with what, and what came of it; docs/results.md has every key."""

    id: Text
    command: Annotated[list[Text], Meta(min_length=1)]
    started: Text
    """UTC, ISO 8601."""
    target: Text
    platform: Text
    reference: Text
    firmware: FirmwareFacts
    model: ModelFacts
    dataset: DatasetFacts
    schema: int = SCHEMA
    ended: Text = ""
    """UTC, ISO 8601; empty while it runs."""
    status: Status = "running"
    failures: list[str] = field(default_factory=list)
    """One message each; empty if the run passed."""
    tests: list[TestFacts] = field(default_factory=list)
    """Empty where no pytest ran."""
    reference_why: Text = ""
    """Why the reference is that one, for people; empty in records of before."""
    unit: Text = ""
    """Of all ticks, one of ``UNITS``; empty if no device answered, or nothing counts them."""
    lane: Text = ""
    options: dict[str, Any] = field(default_factory=dict)
    """Every option of the session, as it was given or by default."""
    versions: dict[str, Text] = field(default_factory=dict)
    git: GitFacts = field(default_factory=GitFacts)
    """Of the project that the run was started in."""
    memory: dict[str, Count] = field(default_factory=dict)
    """Bytes, by the names of ``DeviceMemory``."""
    link: dict[str, Count] = field(default_factory=dict)
    """How often something went wrong on the link, over all devices, as ``Device.mishaps``."""
    shares: list[ShareFacts] = field(default_factory=list)
    """Of each device, where several divided the inputs among them."""
    boot_ticks: Count = 0
    """From reset to the first prompt, the self-test included; 0 if not known."""
    numbers: dict[str, float] = field(default_factory=dict)
    layers: list[LayerFacts] = field(default_factory=list)
    """Empty if the device cannot tell."""
    coverage: list[CoverageFacts] = field(default_factory=list)
    """Of each folder of sources; empty where it was not asked for."""
    budgets: list[BudgetFacts] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What was run on what, for people."""
        return f"{self.model['name']} on {self.target}, {self.platform}"

    def properties(self) -> dict[str, str]:
        """What identifies the run and what it came to, for a test report."""
        facts = {
            "run": self.id,
            "reference": self.reference,
            "build_id": self.firmware["build_id"],
            "model_sha256": self.model["sha256"],
            "dataset_sha256": self.dataset["sha256"],
            **{f"{name}_bytes": size for name, size in self.firmware["sizes"].items()},
            **{name: self.memory[name] for name in ("arena_used", "stack_used") if self.memory},
            **self.numbers,
        }
        return {name: str(value) for name, value in facts.items()}

    def save(self, folder: Path) -> None:
        """Writes run.json, atomically.

        Raises:
            OSError: it could not be written; an older one is there still.
        """
        write_json_atomically(folder / RECORD, asdict(self))


def run_folders(reports: Path, *records: str) -> list[Path]:
    """The folders of all runs that have a record, in the order in which they started.

    Those that somebody has renamed come first.

    Args:
        records: ``RECORD`` for runs, which it is where nothing is said, ``CAMPAIGN`` for campaigns,
            ``JOINT`` for joint runs.
    """
    found = [path.parent for name in records or (RECORD,) for path in reports.glob(f"*/{name}")]
    return sorted(found, key=lambda folder: (bool(_STAMPED.match(folder.name)), folder.name))


def find_run(name: str, reports: Path, *records: str) -> Path:
    """The folder of a run, by its id, its path, or ``latest``: the one that started last.

    ``records``: as ``run_folders`` has them; what is of another kind is not looked at.

    Raises:
        UsageError: there is no such run.
    """
    records = records or (RECORD,)
    what = " or ".join(_WORDS[record] for record in records)
    if name == LATEST:
        found = run_folders(reports, *records)
        if not found:
            raise UsageError(f"there is no {what} in {reports} yet")
        return found[-1]
    folders = [folder for folder in (reports / name, Path(name)) if _records_in(folder)]
    for folder in folders:
        if _records_in(folder) & {*records}:
            return folder
    if folders:
        (other, *_) = _records_in(folders[0])
        raise UsageError(f"{folders[0].name} is a {_WORDS[other]}, and this takes a {what}")
    raise UsageError(f"no {what} {name!r}: neither a {what}'s id in {reports} nor its folder")


def folder_with(record: str, name: str, reports: Path) -> Path | None:
    """The folder that has such a record, by its id or its path; None if there is none."""
    folders = (reports / name, Path(name))
    return next((folder for folder in folders if record in _records_in(folder)), None)


def _records_in(folder: Path) -> set[str]:
    return {record for record in _WORDS if (folder / record).is_file()}


def new_folder(target: str, reports: Path) -> Path:
    """Makes the folder of a new run, named after the time and the target; no two runs share one.

    Raises:
        OSError: it could not be made.
    """
    if not reports.exists():
        reports.mkdir(parents=True)
        write_atomically(reports / ".gitignore", b"*\n")  # results are not sources
    while True:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        folder = reports / f"{stamp}-{target}-{secrets.token_hex(2)}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def utc_now() -> str:
    """The time, as the record has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
