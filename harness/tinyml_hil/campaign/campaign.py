"""Campaign: a folder with a record, and faults that are run until all have a result."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.page import PAGE, render_page
from tinyml_hil.campaign.plan import Choice, Injections, Plan, make_plan
from tinyml_hil.campaign.table import require_parquet, save_table
from tinyml_hil.campaign.tally import Group, Tally, tally_of
from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record import (
    JOURNAL,
    LATEST,
    TRANSCRIPTS,
    FirmwareFacts,
    GitFacts,
    LineJournal,
    damage_named,
    new_folder,
    utc_now,
)
from tinyml_hil.run import Workers, firmware_facts, git_of, versions_of
from tinyml_hil.session import Session

RECORD = "campaign.json"
SCHEMA = 1


@dataclass
class CampaignRecord:
    """What was disturbed, how, and what came of it; docs/campaigns.md has every key."""

    id: str
    command: list[str]
    started: str
    target: str
    platform: str
    model: str
    model_sha256: str
    firmware: FirmwareFacts
    choice: Choice
    options: dict[str, Any]
    versions: dict[str, str]
    git: GitFacts
    schema: int = SCHEMA
    ended: str = ""
    status: str = "running"
    """running, interrupted, passed or failed."""
    failures: list[str] = field(default_factory=list)
    plan: str = ""
    """SHA-256 of all faults and of what the device gives without them."""
    population: int = 0
    """Bits that could be hit."""
    inputs: list[int] = field(default_factory=list)
    """The dataset's, which the device gets right."""
    outcomes: dict[str, int] = field(default_factory=dict)
    critical: dict[str, float] = field(default_factory=dict)
    """``rate`` and the ends of its interval, ``low`` and ``high``."""
    layers: list[dict[str, Any]] = field(default_factory=list)
    """The same for each, the worst first."""

    def save(self, folder: Path) -> None:
        """Writes campaign.json, atomically."""
        text = msgspec.json.format(msgspec.json.encode(asdict(self)), indent=1)
        write_atomically(folder / RECORD, text)


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
            plan = _planned(session, choice, folder)
            record = _describe(session, choice, plan, command)
            record.id = folder.name
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
        plan = _planned(session, record.choice, folder)
        if _digest(plan) != record.plan:
            raise UsageError(
                f"the campaign {record.id} was made with other inputs, or the device gives others"
            )
        record.status = "running"
        return cls(session, folder, record, plan)

    def run(self, workers: int) -> Iterator[list[Result]]:
        """Runs the faults that have no result yet; what comes together is given together.

        Raises:
            HilError: what a worker failed with. The results up to then are kept.
        """
        done = {result.fault for result in self.results}
        left = [fault.id for fault in self.plan.faults if fault.id not in done]
        work = Injections(self.plan, left)
        with Workers(self._session, work, workers, self.folder / TRANSCRIPTS) as crew:
            for results in crew.results():
                self._journal.append(results)
                self.results += results
                yield results

    def tally(self) -> Tally:
        """What the results come to."""
        return tally_of(self.plan, self.results)

    def finish(self, highest: float | None) -> list[str]:
        """Writes the table and the record; what is wrong, a message each.

        ``highest``: what the upper end of the critical rate's interval may be at most; None: any.
        """
        save_table(self.folder, self.plan, self.results)
        tally = self.tally()
        record = self.record
        record.outcomes = {outcome.value: count for outcome, count in _in_order(tally.whole)}
        record.critical = _numbers(tally.whole)
        record.layers = [
            {"layer": group.name, "bits": group.bits, "faults": group.total, **_numbers(group)}
            for group in tally.layers
        ]
        record.failures = _failures(tally.whole, highest)
        page = render_page(self._session, record, self.plan, self.results, tally)
        write_atomically(self.folder / PAGE, page.encode())
        self._end("failed" if record.failures else "passed")
        self._journal.path.unlink(missing_ok=True)  # the table has all of it
        return record.failures

    def interrupt(self) -> None:
        """Keeps what there is, to be resumed."""
        with contextlib.suppress(OSError):
            self._end("interrupted")

    def _end(self, status: str) -> None:
        self.record.status = status
        self.record.ended = utc_now()
        self.record.save(self.folder)
        self._journal.close()


def load_campaign(folder: Path) -> CampaignRecord:
    """Reads a campaign's record.

    Raises:
        UsageError: it is damaged.
    """
    path = folder / RECORD
    with damage_named(path):
        return msgspec.json.decode(path.read_bytes(), type=CampaignRecord)


def find_campaign(name: str, reports: Path) -> Path:
    """The folder of a campaign, by its id, its path, or ``latest``.

    Raises:
        UsageError: there is none.
    """
    if name == LATEST:
        if found := sorted(reports.glob(f"*/{RECORD}")):
            return found[-1].parent
        raise UsageError(f"there is no campaign in {reports} yet")
    for folder in (reports / name, Path(name)):
        if (folder / RECORD).is_file():
            return folder
    raise UsageError(f"no campaign {name!r}: neither one's id in {reports} nor its folder")


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


def _planned(session: Session, choice: Choice, folder: Path) -> Plan:
    with session.device(folder / TRANSCRIPTS / "plan.log") as device:
        return make_plan(session, device, choice)


def _describe(session: Session, choice: Choice, plan: Plan, command: list[str]) -> CampaignRecord:
    return CampaignRecord(
        id="",
        command=command,
        started=utc_now(),
        target=session.options.target,
        platform=session.platform.name,
        model=session.model.name,
        model_sha256=session.model.sha256,
        firmware=firmware_facts(session.firmware),
        choice=choice,
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


def _numbers(group: Group) -> dict[str, float]:
    rate = group.rate(Outcome.CRITICAL)
    low, high = rate.interval
    return {"rate": rate.value, "low": low, "high": high}


def _in_order(group: Group) -> Iterator[tuple[Outcome, int]]:
    return ((outcome, group.outcomes[outcome]) for outcome in Outcome if group.outcomes[outcome])


def _failures(group: Group, highest: float | None) -> list[str]:
    high = group.rate(Outcome.CRITICAL).interval[1]
    if highest is None or high <= highest:
        return []
    return [
        f"critical: up to {high:.2%} of the faults, by the upper end of the interval, and the "
        f"budget is {highest:.2%}"
    ]


def _result_from_plain(plain: Any) -> Result:
    fault, outcome, output, top, detail = plain
    return Result(fault, Outcome(outcome), bytes.fromhex(output), top, detail)


def _result_to_plain(result: Result) -> Any:
    return result.fault, result.outcome.value, result.output.hex(), result.top, result.detail
