"""Run record: the folder that a run leaves behind, and run.json in it (docs/results.md)."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically

SCHEMA = 1
RECORD = "run.json"
RESULTS = "results.npz"
JOURNAL = "journal.jsonl"
JUNIT = "junit.xml"
MAP = "firmware.map"
TRANSCRIPTS = "transcripts"
LATEST = "latest"

Status = Literal["running", "passed", "failed", "interrupted"]


@dataclass
class RunRecord:
    """What was run, with what, and what came of it; docs/results.md has every key."""

    id: str
    command: list[str]
    started: str
    """UTC, ISO 8601."""
    target: str
    platform: str
    reference: str
    schema: int = SCHEMA
    ended: str = ""
    """UTC, ISO 8601; empty while it runs."""
    status: Status = "running"
    failures: list[str] = field(default_factory=list)
    """One message each; empty if the run passed."""
    tests: list[dict[str, Any]] = field(default_factory=list)
    """``name`` of each test function, how many ``passed``, ``failed`` and were ``skipped``, and
    ``why``; empty where no pytest ran."""
    unit: str = ""
    """Of all ticks: ``instructions`` or ``cycles``; empty if no device answered."""
    lane: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    """Every option of the session, as it was given or by default."""
    versions: dict[str, str] = field(default_factory=dict)
    git: dict[str, Any] = field(default_factory=dict)
    """``revision`` and ``dirty`` of the project that the run was started in; empty if none."""
    firmware: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    """Bytes, by the names of ``DeviceMemory``."""
    boot_ticks: int = 0
    """From reset to the first prompt, the self-test included; 0 if not known."""
    numbers: dict[str, float] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    """``index``, ``op``, ``ticks`` and ``macs`` of each op; empty if the device cannot tell."""
    budgets: list[dict[str, Any]] = field(default_factory=list)

    def properties(self) -> dict[str, str]:
        """What identifies the run and what it came to, for a test report."""
        facts = {
            "run": self.id,
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
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        write_atomically(folder / RECORD, text.encode())


def load_record(folder: Path) -> RunRecord:
    """Reads the run.json of a run's folder.

    Raises:
        UsageError: there is none, or it is not one that this version can read.
    """
    path = folder / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise UsageError(
                f"{path} has schema {content['schema']}; this version reads {SCHEMA} only"
            )
        known = {f.name for f in fields(RunRecord)}
        return RunRecord(**{key: value for key, value in content.items() if key in known})
    except OSError as error:
        raise UsageError(f"cannot read the run {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not the record of a run: {error}") from error


def run_folders(reports: Path) -> list[Path]:
    """The folders of all runs that have a record, the oldest first."""
    return sorted(path.parent for path in reports.glob(f"*/{RECORD}"))


def find_run(name: str, reports: Path) -> Path:
    """The folder of a run, by its id, its path, or ``latest``.

    Raises:
        UsageError: there is no such run.
    """
    if name == LATEST:
        found = run_folders(reports)
        if not found:
            raise UsageError(f"there is no run in {reports} yet")
        return found[-1]
    for folder in (reports / name, Path(name)):
        if (folder / RECORD).is_file():
            return folder
    raise UsageError(f"no run {name!r}: neither a run's id in {reports} nor its folder")


def new_folder(target: str, reports: Path) -> Path:
    """Makes the folder of a new run, named after the time and the target; no two runs share one.

    Raises:
        OSError: it could not be made.
    """
    if not reports.exists():
        reports.mkdir(parents=True)
        (reports / ".gitignore").write_text("*\n")  # results are not sources
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
