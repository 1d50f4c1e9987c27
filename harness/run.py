"""Run: one run while it is under way, and what it leaves in its folder when it ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness import report
from harness.device import Device
from harness.evaluation import Record, summarise
from harness.provenance import (
    dataset_facts,
    firmware_facts,
    git_of,
    model_facts,
    versions_of,
)
from harness.results import Journal, save_results
from harness.run_record import (
    JOURNAL,
    MAP,
    RESULTS,
    TRANSCRIPTS,
    RunRecord,
    Status,
    new_folder,
    utc_now,
)
from harness.session import Session


def device_facts(device: Device) -> dict[str, Any]:
    """What only the running device can tell, as fields of the record; plain types."""
    return {
        "unit": device.info.ticks,
        "lane": device.lane,
        "memory": asdict(device.memory()),
        "boot_ticks": device.boot_ticks,
    }


class Run:
    """A run's folder and record. The record is there from the start, and complete at the end."""

    def __init__(self, session: Session, command: list[str], folder: Path | None = None) -> None:
        """Starts the record of a run that is about to begin.

        Args:
            command: program and arguments, to repeat it.
            folder: a new run's, made before; None makes one.

        Raises:
            UsageError, SetupError: as ``session.check()``.
            OSError: the folder cannot be written.
        """
        options = session.options
        record = RunRecord(
            id="",
            command=command,
            started=utc_now(),
            target=options.target,
            platform=session.platform.name,
            reference=options.reference,
            options={
                key: str(value.absolute()) if isinstance(value, Path) else value
                for key, value in asdict(options).items()
            },
            versions=versions_of(session),
            git=git_of(Path.cwd()),
            firmware=firmware_facts(session.firmware),
            model=model_facts(session.model),
            dataset=dataset_facts(session.dataset, options),
        )
        self.folder = folder or new_folder(options.target)
        record.id = self.folder.name
        self.record = record
        record.save(self.folder)
        linker_map = session.firmware.elf.with_suffix(".map")
        if linker_map.is_file():
            shutil.copyfile(linker_map, self.folder / MAP)
        self._journal = Journal(self.folder / JOURNAL)
        self.records = self._journal.records
        """The records up to now."""

    @property
    def transcripts(self) -> Path:
        """The folder for what is said over links."""
        return self.folder / TRANSCRIPTS

    def add(self, records: Iterable[Record]) -> None:
        """Keeps records, durably.

        Raises:
            OSError: they could not be written.
        """
        fresh = list(records)
        self.records += fresh
        self._journal.append(fresh)

    def observe(self, facts: dict[str, Any]) -> None:
        """Takes over what a device told; see ``device_facts``."""
        for name, value in facts.items():
            setattr(self.record, name, value)

    def properties(self, records: list[Record]) -> dict[str, str]:
        """What identifies the run and what it came to, for a test report."""
        known = numbers(records) if records else {}
        return replace(self.record, numbers=known).properties()

    def finish(self, status: Status, failures: list[str]) -> None:
        """Writes what the run came to, and its report at last.

        The journal is kept only for a run that did not end.

        Raises:
            OSError: it could not be written; what was there before is whole.
        """
        record = self.record
        record.status = status
        record.failures = failures
        record.ended = utc_now()
        if self.records:
            record.numbers |= numbers(self.records)
            save_results(self.folder / RESULTS, self.records)
        record.save(self.folder)
        self._journal.close()
        if status != "interrupted":
            self._journal.path.unlink()
        report.write(self.folder)


def numbers(records: list[Record]) -> dict[str, float]:
    """What the records come to; accuracies are 0 to 1."""
    summary = summarise([record.outcome for record in records])
    ticks = [record.ticks for record in records]
    return {
        "images": summary.images,
        "exact": summary.exact,
        "accuracy_device": summary.device_accuracy,
        "accuracy_host": summary.host_accuracy,
        "ticks_mean": summary.ticks,
        "ticks_min": min(ticks),
        "ticks_max": max(ticks),
    }
