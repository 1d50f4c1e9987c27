"""Campaign: a folder with a record, and faults that are run until all have a result."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Choice, Injections, Plan, make_plan
from tinyml_hil.campaign.table import require_parquet, save_table
from tinyml_hil.campaign.tally import Group, Tally, tally_of
from tinyml_hil.campaign.writing import write_reports_or_warn
from tinyml_hil.errors import UsageError
from tinyml_hil.gate import check_record, plain_outcomes
from tinyml_hil.history import record_or_warn, save_symbols, with_since
from tinyml_hil.record import (
    JOURNAL,
    TRANSCRIPTS,
    CampaignRecord,
    LayerRateFacts,
    LineJournal,
    RateFacts,
    Status,
    circumstances_of,
    load_campaign,
    new_folder,
    utc_now,
)
from tinyml_hil.run import (
    crew_of,
    dataset_facts,
    firmware_facts,
    git_of,
    model_facts,
    versions_of,
)
from tinyml_hil.session import Session


class Campaign:
    """One that is under way."""

    def __init__(self, session: Session, folder: Path, record: CampaignRecord, plan: Plan) -> None:
        """See ``begin`` and ``resume``."""
        self.folder = folder
        self.record = record
        self.plan = plan
        self._session = session
        self._journal = LineJournal(folder / JOURNAL, _result_from_plain, _result_to_plain)
        self.results: list[Result] = self._journal.records
        """Those up to now."""
        check_record(record, session.project)  # a mistake in budgets.toml is said before
        record.save(folder)

    @classmethod
    def begin(cls, session: Session, choice: Choice, command: list[str]) -> Campaign:
        """Starts one; ``session`` is held by its debugger.

        Raises:
            HilError: it cannot begin; nothing is left of it.
        """
        require_parquet()
        folder = new_folder(f"{session.options.target}-campaign", session.project.reports)
        try:
            plan, unit = _planned(session, choice, folder)
            record = _describe(session, plan, unit, command)
            record.id = folder.name
            save_symbols(session.firmware.elf, folder)
            return cls(session, folder, record, plan)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def resume(cls, session: Session, folder: Path) -> Campaign:
        """Goes on with one that was interrupted or killed, keeping its results.

        Raises:
            UsageError: it has ended, or was made with something else.
        """
        require_parquet()
        record = load_campaign(folder)
        if record.status in ("passed", "failed"):
            raise UsageError(f"the campaign {record.id} has ended: there is nothing to resume")
        require_same_firmware(record, session)
        plan, _ = _planned(session, Choice.from_plain(record.choice), folder)
        if _digest(plan) != record.plan:
            raise UsageError(
                f"the campaign {record.id} was made with other inputs, or the device gives others"
            )
        record.status = "running"
        return cls(session, folder, record, plan)

    def run(self, workers: int, cluster: str | None = None) -> Iterator[list[Result]]:
        """Runs the faults that have no result yet; what comes together is given together.

        Raises:
            HilError: what a worker failed with. The results up to then are kept.
        """
        done = {result.fault for result in self.results}
        left = [fault.id for fault in self.plan.faults if fault.id not in done]
        work = Injections(self.plan, left)
        transcripts = self.folder / TRANSCRIPTS
        with crew_of(self._session, work, workers, cluster, transcripts) as crew:
            for results in crew.results():
                self._journal.append(results)
                self.results += results
                yield results

    def tally(self) -> Tally:
        """What the results come to."""
        return tally_of(self.plan, self.results)

    def finish(self, history: str) -> str:
        """Writes what the campaign came to, records it in the history, and reports at last.

        Args:
            history: URL of the history.

        Returns:
            What the history did not take, and why there are no reports; empty if all is well.

        Raises:
            UsageError: budgets.toml is malformed.
            OSError: it could not be written.
        """
        save_table(self.folder, self.plan, self.results)
        tally = self.tally()
        record = self.record
        record.outcomes = {outcome.value: count for outcome, count in _in_order(tally.whole)}
        record.critical = _rate(tally.whole)
        record.layers = [_layer(group) for group in tally.layers]
        now = circumstances_of(record)
        outcomes = with_since(check_record(record, self._session.project), now, record.id, history)
        record.budgets = plain_outcomes(outcomes)
        record.failures = [outcome.message() for outcome in outcomes if not outcome.ok]
        self._end("failed" if record.failures else "passed")
        self._journal.path.unlink(missing_ok=True)  # the table has all of it
        reports = write_reports_or_warn(
            self.folder, self._session, record, self.plan, self.results, tally
        )
        return "\n".join(filter(None, (record_or_warn(self.folder, history), reports)))

    def interrupt(self) -> None:
        """Keeps what there is, to be resumed."""
        with contextlib.suppress(OSError):
            self._end("interrupted")

    def _end(self, status: Status) -> None:
        self.record.status = status
        self.record.ended = utc_now()
        self.record.save(self.folder)
        self._journal.close()


def require_same_firmware(record: CampaignRecord, session: Session) -> None:
    """Refuses firmware that is not the campaign's.

    Raises:
        UsageError: it is another.
    """
    then, now = record.firmware, firmware_facts(session.firmware)
    # Firmware of others may have no build id.
    named = "build id" if then["build_id"] else "SHA-256"
    before, here = (facts["build_id"] or facts["sha256"] for facts in (then, now))
    if before != here:
        revision = record.git.get("revision", "")
        of = f", of revision {revision[:12]}" if revision else ""
        raise UsageError(
            f"the campaign {record.id} was made with another firmware than {now['path']}: its "
            f"{named} is {before}{of}"
        )


def held(session: Session) -> Session:
    """The same session, whose firmware is held by a debugger, whatever else it speaks."""
    return Session(replace(session.options, door="debugger"), session.project)


def _planned(session: Session, choice: Choice, folder: Path) -> tuple[Plan, str]:
    """The plan, and the unit of the device's ticks."""
    with session.device(folder / TRANSCRIPTS / "plan.log") as device:
        return make_plan(session, device, choice), device.ticks_unit


def _describe(session: Session, plan: Plan, unit: str, command: list[str]) -> CampaignRecord:
    """The record of a campaign that is about to begin; it has no name yet."""
    return CampaignRecord(
        id="",
        command=command,
        started=utc_now(),
        target=session.options.target,
        platform=session.platform.name,
        firmware=firmware_facts(session.firmware),
        model=model_facts(session.model, session.task),
        dataset=dataset_facts(session),
        choice=plan.choice.to_plain(),
        unit=unit,
        options=session.options.to_plain(),
        versions=versions_of(session),
        git=git_of(session.project.root),
        plan=_digest(plan),
        population=plan.space.bits,
        inputs=[golden.index for golden in plan.goldens],
    )


def _digest(plan: Plan) -> str:
    told = [
        [
            (f.region.where, f.region.name, f.region.layer, f.bit, f.after, f.input)
            for f in plan.faults
        ],
        [(golden.index, golden.output) for golden in plan.goldens],
    ]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _rate(group: Group) -> RateFacts:
    rate = group.rate(Outcome.CRITICAL)
    low, high = rate.interval
    return {"rate": rate.value if rate.total else None, "low": low, "high": high}


def _layer(group: Group) -> LayerRateFacts:
    return {"layer": group.name, "bits": group.bits, "faults": group.total, **_rate(group)}


def _in_order(group: Group) -> Iterator[tuple[Outcome, int]]:
    return ((outcome, group.outcomes[outcome]) for outcome in Outcome if group.outcomes[outcome])


def _result_from_plain(plain: Any) -> Result:
    fault, outcome, output, top, detail = plain
    return Result(fault, Outcome(outcome), bytes.fromhex(output), top, detail)


def _result_to_plain(result: Result) -> Any:
    return result.fault, result.outcome.value, result.output.hex(), result.top, result.detail
