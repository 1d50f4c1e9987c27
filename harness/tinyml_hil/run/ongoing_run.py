"""Ongoing run: one run while it is under way, and what it leaves in its folder when it ends."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinyml_hil import report
from tinyml_hil.coverage import PAGE, coverage_of, write_coverage
from tinyml_hil.device import Device
from tinyml_hil.errors import DeviceError, HilError, MissingCommandError, UsageError
from tinyml_hil.explanation import EXPLANATION
from tinyml_hil.files import write_atomically
from tinyml_hil.gate import Outcome, check_record, plain_outcomes
from tinyml_hil.history import record_or_warn, save_symbols, with_since
from tinyml_hil.record import (
    JOURNAL,
    MAP,
    RESULTS,
    SIDES,
    TRANSCRIPTS,
    InputRecord,
    Journal,
    RunRecord,
    Status,
    circumstances_of,
    coverage_sentence,
    load_record,
    new_folder,
    save_results,
    share_sentences,
    shares_of,
    summarise,
    utc_now,
)
from tinyml_hil.run.provenance import (
    dataset_facts,
    firmware_facts,
    git_of,
    model_facts,
    versions_of,
)
from tinyml_hil.session import Session
from tinyml_hil.target import read_executed

if TYPE_CHECKING:
    from tinyml_hil.record import Metrics


def device_facts(device: Device, session: Session) -> dict[str, Any]:
    """What only the running device can tell; plain types.

    They are fields of the record, and ``links``: where several devices share the inputs, what went
    wrong on the link of each, by its word.
    """
    return {
        "unit": device.ticks_unit,
        "lane": device.lane,
        "memory": asdict(device.memory()) if "memory" in device.commands else {},
        "boot_ticks": device.boot_ticks,
        "link": device.mishaps,
        "links": {session.options.sharer: device.mishaps} if session.options.sharer else {},
        "layers": _layers(device, session),
    }


def with_facts(known: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What one more device told, and what went wrong on the links of all."""
    link = Counter(known.get("link", {})) + Counter(told.get("link", {}))
    links = known.get("links", {}) | told.get("links", {})
    return told | {"link": dict(link), "links": links}


def _layers(device: Device, session: Session) -> list[dict[str, Any]]:
    """What each op takes on the first image; empty where the device cannot tell."""
    try:
        device.load(session.model.input_of(session.dataset.image(0)).tobytes())
        layers = device.layers()
    except (DeviceError, MissingCommandError):
        return []
    macs = [node.macs for node in session.model.graph.nodes]
    return [
        {"index": layer.index, "op": layer.op, "ticks": layer.ticks, "macs": macs[layer.index]}
        for layer in layers
    ]


class OngoingRun:
    """A run's folder and record. The record is there from the start, and complete at the end."""

    def __init__(self, session: Session, folder: Path, record: RunRecord) -> None:
        """Opens the journal; see ``begin`` and ``resume``.

        Raises:
            UsageError: the journal is damaged, or is not of this session.
        """
        self._session = session
        self.folder = folder
        self.record = record
        self._journal = Journal(folder / JOURNAL)
        self.records = self._journal.records
        """The records up to now."""
        self._links = {share["device"]: share["link"] for share in record.shares}
        self._warning = ""
        if strange := next((r for r in self.records if not _is_of(session, r)), None):
            raise UsageError(
                f"{self._journal.path} is damaged: image {strange.index} is not one of the run's"
            )
        record.save(folder)

    @classmethod
    def begin(cls, session: Session, command: list[str], folder: Path | None = None) -> OngoingRun:
        """Starts a run.

        Args:
            session: whose ``check()`` has succeeded.
            command: program and arguments, to repeat it.
            folder: a new run's, made before; None makes one.

        Raises:
            OSError: the folder cannot be written.
        """
        record = _describe(session, command)
        folder = folder or new_folder(record.target, session.project.reports)
        record.id = folder.name
        try:
            run = cls(session, folder, record)
            linker_map = session.firmware.elf.with_suffix(".map")
            if linker_map.is_file():
                write_atomically(folder / MAP, linker_map.read_bytes())
            save_symbols(session.firmware.elf, folder)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # a run that did not begin leaves nothing
            raise
        return run

    @classmethod
    def resume(cls, session: Session, folder: Path) -> OngoingRun:
        """Goes on with a run that was interrupted or killed, keeping its records.

        Raises:
            UsageError: it has ended, it is still under way, or it was made with something else.
            OSError: the folder cannot be written.
        """
        record = load_record(folder)
        if record.status in ("passed", "failed"):
            raise UsageError(f"the run {record.id} has {record.status}: there is nothing to resume")
        if different := _differences(record, _describe(session, record.command)):
            raise UsageError(f"the run {record.id} was made with other things:\n{different}")
        record.status = "running"
        record.failures = []
        record.ended = ""
        (folder / EXPLANATION).unlink(missing_ok=True)  # it was of fewer inputs
        return cls(session, folder, record)

    @property
    def transcripts(self) -> Path:
        """The folder for what is said over links."""
        return self.folder / TRANSCRIPTS

    def places(self) -> list[str]:
        """Who ran what, where the run is, and its pages if it has any: a line each, for people."""
        places = share_sentences(self.record.shares, self._session.dataset.what)
        places.append(f"run: {self.folder}")
        if self.record.coverage:
            page = self.folder / PAGE
            places.append(f"coverage: {coverage_sentence(self.record.coverage)}: {page}")
        # The report takes a while to load, and is not written for one that was interrupted.
        if self.record.status != "interrupted" and (self.folder / report.PAGE).is_file():
            places.append(f"report: {self.folder / report.PAGE}")
        return places

    def add(self, records: Iterable[InputRecord]) -> None:
        """Keeps records, durably.

        Raises:
            OSError: they could not be written.
        """
        fresh = list(records)
        self.records += fresh
        self._journal.append(fresh)

    def abandon(self, said: str) -> None:
        """Takes back a run that came to nothing.

        Args:
            said: why; what was said over links stays only if that refers to it.

        Raises:
            OSError: something could not be removed.
        """
        self._journal.close()
        if str(self.transcripts) not in said:
            shutil.rmtree(self.folder)
            return
        for path in self.folder.iterdir():
            if path != self.transcripts:
                path.unlink()

    def observe(self, facts: dict[str, Any]) -> None:
        """Takes over what a device told; see ``device_facts``."""
        told = with_facts({"link": self.record.link, "links": self._links}, facts)
        self._links = told.pop("links")
        for name, value in told.items():
            setattr(self.record, name, value)

    def metrics(self, records: list[InputRecord]) -> Metrics:
        """What records of this run come to; there has to be one."""
        # Here, since scikit-learn takes a second to load and not every run has images.
        from tinyml_hil.record import Metrics

        return Metrics(records, self._session.task)

    def explain(self) -> str:
        """Why outputs differ, as far as that is found quickly; what to do where it is not.

        Empty if none differs. What is found is kept beside the record, for the report.

        Raises:
            OSError: it could not be written.
        """
        if all(record.exact for record in self.records):
            return ""
        # Here, since most runs have nothing to explain.
        from tinyml_hil.explanation import explain_quickly

        record = self.record
        found = explain_quickly(self._session, record.reference, self.records, record.id)
        if found is None:
            return f"why they differ: tinyml-hil explain {record.id}"
        found.save(self.folder)
        return f"why: {found.sentence}"

    @property
    def hint(self) -> str:
        """What may be wrong with both, device and host; empty if nothing seems to be.

        One that was interrupted ends at once, and says nothing.
        """
        if self.record.status == "interrupted":
            return ""
        # Here, since SciPy takes a while to load, and not every run has images.
        from tinyml_hil.record import guessing_hint

        return guessing_hint(self.record)

    def properties(self, records: list[InputRecord]) -> dict[str, str]:
        """What identifies the run and what it came to, for a test report."""
        known = self.metrics(records).numbers() if records else {}
        return replace(self.record, numbers=known).properties()

    def check_budgets(self, history: str) -> list[Outcome]:
        """Compares what the run came to with its budgets; those that it did not keep.

        Args:
            history: URL of the history that says since when.

        Raises:
            UsageError: budgets.toml or the baseline is malformed.
        """
        record = self.record
        if self._session.options.coverage:
            self._find_coverage()
        if self.records:
            record.numbers |= self.metrics(self.records).numbers()
        elif not record.coverage:
            return []
        now = circumstances_of(record)
        outcomes = with_since(check_record(record, self._session.project), now, record.id, history)
        record.budgets = plain_outcomes(outcomes)
        return [outcome for outcome in outcomes if not outcome.ok]

    def _find_coverage(self) -> None:
        """What of the firmware ran; a run does not fail if that cannot be told."""
        elf, project = self._session.firmware.elf, self._session.project.root
        try:
            executed = read_executed(self.transcripts, self.record.firmware["sha256"])
            found = coverage_of(elf, executed, self._session.options.coverage_sources)
            self._warning = found.doubt
            self.record.coverage = found.folders(project)
            if found.sources:
                write_coverage(found, self.folder, project)
        except (HilError, OSError) as error:
            self._warning = f"coverage is not known: {error}"

    def finish(self, status: Status, failures: list[str], history: str) -> str:
        """Writes what the run came to, records it in the history, and writes its report at last.

        One that was interrupted ends at once: it keeps its records and its journal, and whoever
        wants its report makes it.

        Args:
            history: URL of the history.

        Returns:
            What the history did not take, and why there is no report; empty if all is well.

        Raises:
            OSError: it could not be written; what was there before is whole.
        """
        record = self.record
        record.status = status
        record.failures = failures
        record.ended = utc_now()
        record.shares = shares_of(self.records, self._links)
        if self.records:
            save_results(self.folder / RESULTS, self.records)
        if status == "interrupted":
            record.numbers |= self._counts() if self.records else {}
            record.save(self.folder)
            self._journal.close()
            return ""
        if self.records:
            record.numbers |= self.metrics(self.records).numbers()
        record.save(self.folder)
        self._journal.close()
        self._journal.path.unlink()
        warnings = record_or_warn(self.folder, history), report.write_report_or_warn(self.folder)
        return "\n".join(filter(None, (self._warning, *warnings)))

    def _counts(self) -> dict[str, float]:
        """What the records come to, as far as that takes no time; there has to be one."""
        summary, task = summarise(self.records), self._session.task
        return {
            "images": summary.images,
            "exact": summary.exact,
            **{
                f"{name}_{side}": score
                for name in task.measures[:1]
                for side in SIDES
                if isfinite(score := task.score(self.records, side))
            },
            "ticks_mean": summary.ticks,
        }


def _describe(session: Session, command: list[str]) -> RunRecord:
    """The record of a run that is about to begin; it has no name yet."""
    options = session.options
    return RunRecord(
        id="",
        command=command,
        started=utc_now(),
        target=options.target,
        platform=session.platform.name,
        reference=session.reference_choice.name,
        reference_why=session.reference_choice.why,
        options=options.to_plain(),
        versions=versions_of(session),
        git=git_of(Path.cwd()),
        firmware=firmware_facts(session.firmware),
        model=model_facts(session.model, session.task),
        dataset=dataset_facts(session),
    )


def _is_of(session: Session, record: InputRecord) -> bool:
    """Whether a record is what the session's model may give for one of its images."""
    output, dataset = session.model.output, session.dataset
    return (
        record.index < len(dataset)
        and record.label == dataset.label(record.index)
        and record.output.size == np.prod(output.shape)
        and (record.output.dtype == output.dtype or record.precision > 0)
        and len(record.pairs) == len(session.model.outputs)
    )


def _differences(then: RunRecord, now: RunRecord) -> str:
    """What has a part in the results and is not what it was, one line each."""
    facts = {
        "model": (then.model["sha256"], now.model["sha256"]),
        "preprocessing": (then.model["preprocessing"], _plain(now.model["preprocessing"])),
        "task": (then.model.get("task"), now.model.get("task")),
        "dataset": (then.dataset["sha256"], now.dataset["sha256"]),
        "firmware": (then.firmware["sha256"], now.firmware["sha256"]),
        "reference": (then.reference, now.reference),
        **{
            part: (then.versions.get(part), now.versions.get(part))
            for part in ("tinyml_hil", now.target, now.reference)
        },
    }
    return "\n".join(
        f"{name}: {old} then, {new} now" for name, (old, new) in facts.items() if old != new
    )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it: lists for tuples."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
