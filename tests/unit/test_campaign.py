"""Campaigns: which faults are drawn, what each does on the device, and what is kept of them."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from elftools.elf.elffile import ELFFile
from scipy.stats import fisher_exact

import tinyml_hil.campaign.watch as watch
from fixtures import places
from tests.unit.runs import a_run
from tinyml_hil.build import Firmware
from tinyml_hil.campaign import (
    TABLE,
    Campaign,
    Choice,
    Fault,
    Golden,
    Injector,
    Kind,
    Outcome,
    Rate,
    Region,
    Space,
    compare_campaigns,
    failures_in_time,
    held,
    sample_size,
    space_of,
)
from tinyml_hil.cli.campaign import _choice
from tinyml_hil.cli.compare import show_comparison
from tinyml_hil.device import DebuggerDevice
from tinyml_hil.errors import UsageError
from tinyml_hil.history import open_history, read_standing
from tinyml_hil.model import load_model, load_reference
from tinyml_hil.project import Project
from tinyml_hil.record import JUNIT, load_campaign
from tinyml_hil.report import PAGE, SUMMARY
from tinyml_hil.session import Options, Session
from tinyml_hil.target import VTOR

BRANCH_TO_ITSELF, UNDEFINED = b"\xfe\xe7", b"\x00\xde"
UART_CONTROL = 0x40004008
"""A register of the MPS2's (CMSDK UART); QEMU's debugger reads peripherals and writes to none."""
LR, PC, OF_RESERVED = 14, 15, 28
"""A bit of an address of code that leads to where the MPS2 has nothing."""
HARD_FAULT = 3
"""Its number among the vectors (Armv7-M ARM, B1.5.2)."""
WORD = Region("ram", "a word", 0x1000, 4, 32, moments=(3, 4))
BYTE = Region("weights", "a byte", 0x2000, 1)
FLIP = Kind("flip")
LAST = 13
"""The default model's fully connected op."""
CHOICE = Choice(("weights", "biases"), "flip", seed=7, faults=24)
CHANGING = Choice(("biases",), "flip", seed=4, faults=24, layer=LAST)
"""Some of these change the class."""


@pytest.mark.parametrize(
    ("kind", "data", "bit", "changed"),
    [
        ("flip", b"\x00\x00", 9, b"\x00\x02"),
        ("flip", b"\x80", 7, b"\x00"),
        ("stuck0", b"\xff", 3, b"\xf7"),
        ("stuck0", b"\xf7", 3, b"\xf7"),
        ("stuck1", b"\x00", 0, b"\x01"),
        ("burst:3", b"\x00\x00", 7, b"\x80\x03"),
        ("burst:4", b"\x00", 6, b"\xc0"),
    ],
)
def test_a_kind_changes_its_bits_and_no_other(
    kind: str, data: bytes, bit: int, changed: bytes
) -> None:
    assert Kind.parse(kind).changed(data, bit) == changed


@pytest.mark.parametrize("kind", ["", "flop", "burst", "burst:1", "burst:33", "burst:-2"])
def test_a_kind_that_there_is_not_is_refused(kind: str) -> None:
    with pytest.raises(UsageError, match="there are flip, stuck0, stuck1 and burst:2 to burst:32"):
        Kind.parse(kind)


def test_faults_are_drawn_evenly_over_bits_moments_and_inputs() -> None:
    large = Region("weights", "large", 0, 3000)
    small = Region("ram", "small", 0, 1000, moments=(1, 2))
    faults = Space((large, small)).draw(16_000, [4, 9], seed=3)
    assert len({(fault.region.name, fault.bit) for fault in faults}) == 16_000
    of_region = Counter(fault.region.name for fault in faults)
    assert of_region["large"] == pytest.approx(12_000, rel=0.02)
    assert Counter(fault.input for fault in faults)[9] == pytest.approx(8_000, rel=0.05)
    moments = Counter(fault.after for fault in faults if fault.region is small)
    assert moments[1] == pytest.approx(2_000, rel=0.1)
    assert set(moments) == {1, 2}


def test_the_same_seed_draws_the_same_faults_and_another_others() -> None:
    space = Space((WORD, replace(BYTE, size=500)))
    assert space.draw(50, [1, 2], 5) == space.draw(50, [1, 2], 5)
    assert space.draw(50, [1, 2], 5) != space.draw(50, [1, 2], 6)


@pytest.mark.parametrize("count", [None, 40, 1000])
def test_every_bit_is_drawn_once_where_that_is_asked_for(count: int | None) -> None:
    faults = Space((WORD, BYTE)).draw(count, [0], 1)
    assert [(fault.region, fault.bit) for fault in faults] == [
        *((WORD, bit) for bit in range(32)),
        *((BYTE, bit) for bit in range(8)),
    ]
    assert (faults[-1].address, faults[9].address) == (0x2000, 0x1001)


def test_the_number_of_faults_is_that_of_leveugle() -> None:
    assert sample_size(1_918_976, 0.01) == 9_556
    assert sample_size(100, 0.01) == 99


def test_the_interval_of_a_rate_is_wilson_s() -> None:
    assert Rate(18, 100).interval == pytest.approx((0.11704, 0.26672), abs=1e-4)
    assert Rate(0, 10).interval[0] == 0.0
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_failures_in_time_are_the_raw_rate_of_what_is_critical() -> None:
    assert failures_in_time(500, 2_000_000, 0.1) == pytest.approx(100)


def test_bits_that_several_regions_have_fail_once() -> None:
    first, second = (Region("activations", name, 0x1000, 8) for name in "ab")
    behind = replace(first, name="c", address=0x1004)
    apart = Region("ram", ".data", 0x3000, 2)
    registers = [Region("registers", name, 0, 64, layer=layer) for layer, name in enumerate("xy")]
    space = Space((apart, first, second, behind, *registers))
    assert space.bits == 8 * (2 + 3 * 8 + 2 * 64)
    assert space.bits_there_are == 8 * (2 + 12 + 64)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"faults": "9", "margin": "1%"}, "two ways to say how many"),
        ({"faults": "few"}, "--faults few: a number, or all"),
        ({"faults": "0"}, "--faults 0: a number, or all"),
        ({"margin": "200%"}, "--margin 200%: a share"),
        ({"where": "weights,roms"}, "--where roms: there are weights, biases"),
        ({"addresses": "0x20-0x10"}, "two addresses, such as"),
        ({"kind": "melt"}, "--kind melt"),
    ],
)
def test_what_cannot_be_asked_for_is_said(given: dict[str, str], said: str) -> None:
    usual = {"faults": None, "margin": None, "where": "weights", "kind": "flip"}
    with pytest.raises(UsageError, match=said):
        _choice(**(usual | {"seed": 0, "layer": None, "addresses": None} | given))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Planted(Kind):
    """Two bytes become these."""

    content: bytes = b""

    def changed(self, data: bytes, bit: int) -> bytes:
        return self.content[: len(data)]


class Bench:
    """The default model's firmware, held at its inference on QEMU."""

    def __init__(self, session: Session, device: DebuggerDevice) -> None:
        self.session = session
        self.device = device
        dataset, model = session.dataset, session.model
        self._injector = Injector(
            device, model, lambda index: model.input_of(dataset.image(index)).tobytes()
        )
        output, top, ticks = self._injector.undisturbed(0)
        self.golden = Golden(0, dataset.label(0), output, top, ticks)

    def outcome(self, region: Region, bit: int = 0, kind: Kind = FLIP) -> Outcome:
        """What one fault comes to, after which the device gives what it gave before."""
        fault = Fault(0, region, bit, region.moments[0], 0)
        outcome = self._injector.run(fault, kind, self.golden).outcome
        assert self._injector.undisturbed(0)[0] == self.golden.output
        return outcome

    def entry_of(self, function: str) -> Region:
        """The first instruction of a function."""
        symbol = self.device.firmware.symbols.function(function)
        return Region("code", function, symbol.address & ~1, 2, 16)


@pytest.fixture(scope="module")
def session(built: Firmware) -> Session:
    assert built.is_ours
    return held(Session(Options(target="qemu")))


@pytest.fixture(scope="module")
def bench(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with session.device(tmp_path_factory.mktemp("campaign") / "uart.log") as device:
        assert isinstance(device, DebuggerDevice)
        yield Bench(session, device)
    session.close()


def test_what_a_bit_of_the_model_does_is_what_it_does_on_the_host(
    bench: Bench, tmp_path: Path
) -> None:
    """Of weights and biases of any layer, and of those biases' high bits that change the class."""
    session, model = bench.session, bench.session.model
    last = max(node.index for node in model.graph.nodes if node.op == "FULLY_CONNECTED")
    (biases,) = space_of(bench.device, model, ("biases",), layer=last).regions
    space = space_of(bench.device, model, ("weights", "biases"))
    faults = [(fault.region, fault.bit) for fault in space.draw(12, [0], seed=1)]
    faults += [(biases, bit) for bit in range(26, biases.bits, 32)]
    embedded = bench.device.firmware.embedded_model
    assert embedded
    image = model.input_of(session.dataset.image(0))
    right = session.reference.predict(image)
    found = set()
    for region, bit in faults:
        at = region.address - embedded.address + bit // 8
        changed = bytearray(model.content)
        changed[at] ^= 1 << bit % 8
        path = tmp_path / "flipped.tflite"
        path.write_bytes(changed)
        given = load_reference("litert", load_model(path)).predict(image)
        if given.argmax() != right.argmax():
            expected = Outcome.CRITICAL
        else:
            expected = Outcome.MASKED if (given == right).all() else Outcome.TOLERABLE
        assert bench.outcome(region, bit) == expected
        found.add(expected)
    assert found == {Outcome.MASKED, Outcome.TOLERABLE, Outcome.CRITICAL}


def test_a_bit_that_no_inference_reads_is_masked(bench: Bench) -> None:
    with bench.device.firmware.elf.open("rb") as file:
        unread = ELFFile(file).get_section_by_name(".selftest")
        region = Region("weights", ".selftest", int(unread["sh_addr"]), 64)
    assert bench.outcome(region, 100) == Outcome.MASKED


def test_an_undefined_instruction_is_detected(bench: Bench) -> None:
    planted = Planted("burst:16", UNDEFINED)
    assert bench.outcome(bench.entry_of("nn_invoke"), kind=planted) == Outcome.DETECTED


def test_an_endless_loop_hangs(bench: Bench) -> None:
    planted = Planted("burst:16", BRANCH_TO_ITSELF)
    assert bench.outcome(bench.entry_of("nn_invoke"), kind=planted) == Outcome.HANG


def test_a_core_that_locks_up_is_a_crash_however_often(bench: Bench) -> None:
    """A fault in the handler of faults, which QEMU ends at."""
    debugger = bench.device.held.debugger
    handler = debugger.word(debugger.word(VTOR) + 4 * HARD_FAULT) & ~1
    planted = Planted("burst:16", UNDEFINED)
    for _ in range(3):
        bench.device.held.debugger.write(handler, UNDEFINED)
        assert bench.outcome(bench.entry_of("nn_invoke"), kind=planted) == Outcome.CRASH


@pytest.mark.parametrize("register", [LR, PC])
def test_a_core_that_gets_to_where_there_is_no_memory_is_a_crash(
    bench: Bench, register: int
) -> None:
    """It would execute zeros for minutes; that is known at the first look."""
    function = space_of(bench.device, bench.session.model, ("registers",), layer=3).regions[0]
    assert bench.outcome(function, register * 32 + OF_RESERVED) == Outcome.CRASH


class Ticking:
    """Of a debugger what a budget asks for."""

    def __init__(self, *ticks: int) -> None:
        self._ticks = iter(ticks)

    def ticks(self) -> int:
        return next(self._ticks)


def test_a_core_that_executes_is_waited_for_and_one_that_stands_still_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Renode's does which has come to where there is nothing: no count of it ever ends."""
    monkeypatch.setattr(watch, "_PATIENCE", -1.0)
    budget = watch.Budget(Ticking(10, 50, 130, 130), 100)  # type: ignore[arg-type]
    assert (budget.left(), budget.left()) == (60, -20)
    with pytest.raises(watch.OutOfTimeError, match="has not executed anything"):
        budget.left()


def test_a_fault_that_was_not_written_is_no_result(bench: Bench) -> None:
    outcome = bench.outcome(Region("ram", "UART", UART_CONTROL, 4, 32), 8)
    assert outcome == Outcome.ABSENT
    assert not outcome.counts


@pytest.mark.parametrize("where", ["activations", "input", "ram", "registers", "code"])
def test_every_place_can_be_hit_and_the_device_is_as_before(bench: Bench, where: str) -> None:
    space = space_of(bench.device, bench.session.model, (where,))
    for fault in space.draw(3, [0], seed=2):
        region = replace(fault.region, moments=(fault.after,))
        assert bench.outcome(region, fault.bit).counts


def test_a_layer_without_such_a_place_is_said(bench: Bench) -> None:
    with pytest.raises(UsageError, match="nothing to hit among biases of layer 99"):
        space_of(bench.device, bench.session.model, ("biases",), layer=99)


def _history_of(folder: Path) -> str:
    return f"sqlite:///{folder.parent}/history.sqlite"


def _table(campaign: Campaign, workers: int) -> bytes:
    for _ in campaign.run(workers):
        pass
    assert campaign.finish(_history_of(campaign.folder)) == ""
    return (campaign.folder / TABLE).read_bytes()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(
        tmp_path_factory.mktemp("campaigns"), {"cache": str(places.BUILD), "reports": "reports"}
    )


@pytest.fixture(scope="module")
def fresh(session: Session, project: Project) -> Iterator[Session]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TINYML_HIL_REPORTS")
        fresh = Session(replace(session.options, images=3), project)
        yield fresh
        fresh.close()


@pytest.fixture(scope="module")
def made(fresh: Session) -> Path:
    """The folder of a campaign that has broken its budget."""
    fresh.project.budgets.write_text("[default]\ncritical = { max = 0.02 }\n")
    campaign = Campaign.begin(fresh, CHANGING, ["test"])
    _table(campaign, 1)
    fresh.project.budgets.unlink()
    return campaign.folder


def test_a_campaign_keeps_its_budget_by_the_upper_end_of_the_interval(made: Path) -> None:
    record = load_campaign(made)
    assert record.status == "failed"
    assert record.critical
    assert 0.02 < record.critical["high"] < 1
    high = f"{100 * record.critical['high']:.2f}"
    assert record.failures == [
        f"critical: {high} %, the budget is at most 2.00 %; since {record.id}"
    ]
    assert [(b["name"], b["limit"], b["ok"]) for b in record.budgets] == [("critical", 0.02, False)]


def test_a_ci_server_reads_what_a_campaign_came_to(made: Path) -> None:
    record = load_campaign(made)
    suite = ElementTree.parse(made / JUNIT).getroot()[0]
    case = suite.find("testcase")
    failure = suite.find("testcase/failure")
    assert case is not None
    assert case.get("name") == "cifar10 on qemu, mps2-an500: biases, layer 13, flip"
    assert failure is not None
    assert failure.get("message") == record.failures[0]
    told = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert told["campaign"] == made.name
    assert told["critical"] == str(record.outcomes["critical"])


def test_a_campaign_is_in_the_history_and_a_point_of_its_own_line(made: Path) -> None:
    record = load_campaign(made)
    assert record.critical
    with open_history(_history_of(made)) as history:
        lines = [line for line in read_standing(history, 10) if line.newest.id == record.id]
    (line,) = lines
    assert line.kind.campaign == "biases, layer 13, flip, 24 faults"
    assert line.newest.measures == {"critical": record.critical["high"]}
    assert (line.verdict, line.broken) == ("failed", ("critical",))
    assert (line.failure,) == (*record.failures,)


def test_a_page_shows_places_by_bit_and_what_the_worst_faults_changed(made: Path) -> None:
    page = (made / PAGE).read_text()
    rows = pyarrow.parquet.read_table(made / TABLE).to_pylist()
    critical = [row for row in rows if row["outcome"] == "critical"]
    of_bit = Counter(row["element_bit"] for row in critical)
    for bit, count in of_bit.items():
        assert f"13 FULLY_CONNECTED, bit {bit}: " in page
        assert f"{count} critical</title>" in page
    cards = page.split("<article>")[1:]
    assert len(cards) == 10 < len(critical)
    shown = {int(card.partition("<h3>fault ")[2].partition(" ")[0]) for card in cards}
    assert shown < {row["fault"] for row in critical}
    assert all('<img src="data:image/png' in card for card in cards)
    assert all("<title>with the fault, " in card for card in cards)
    assert all("→" in card for card in cards)


def _changed(made: Path, folder: Path, changes: dict[str, Any], where: dict[str, Any]) -> Path:
    """The folder of a campaign like it, some of whose rows are changed."""
    shutil.copytree(made, folder)
    table = pyarrow.parquet.read_table(made / TABLE)
    rows = [row | changes if where.items() <= row.items() else row for row in table.to_pylist()]
    changed = pyarrow.Table.from_pylist(rows, table.schema)
    pyarrow.parquet.write_table(changed, folder / TABLE)
    return folder


def test_a_campaign_compared_with_itself_differs_nowhere(made: Path) -> None:
    found = compare_campaigns(made, made)
    assert (found.is_same_plan, found.changed, found.circumstances) == (True, [], [])
    assert [pair.name for pair in found.layers] == ["13 FULLY_CONNECTED"]
    assert not any(pair.differs for pair in (*found.outcomes, *found.layers))


def test_the_same_faults_are_compared_one_by_one(made: Path, tmp_path: Path) -> None:
    protected = _changed(made, tmp_path / "b", {"outcome": "masked"}, {"outcome": "critical"})
    found = compare_campaigns(made, protected)
    number = load_campaign(made).outcomes["critical"]
    assert found.is_same_plan
    assert {(one.first, one.second) for one in found.changed} == {("critical", "masked")}
    assert len(found.changed) == number
    (layer,) = found.layers
    assert (layer.first.count, layer.second.count) == (number, 0)
    assert layer.chance == pytest.approx(2 * 0.5**number)  # McNemar's, exact


def test_other_faults_are_compared_by_their_rates(made: Path, tmp_path: Path) -> None:
    other = _changed(made, tmp_path / "b", {"after": 3, "outcome": "masked"}, {})
    found = compare_campaigns(made, other)
    assert (found.is_same_plan, found.changed) == (False, [])
    (layer,) = found.layers
    number = load_campaign(made).outcomes["critical"]
    table = [[number, 24 - number], [0, 24]]
    assert layer.chance == pytest.approx(fisher_exact(table).pvalue)


def test_the_same_faults_elsewhere_in_memory_are_the_same(made: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(made, moved)
    table = pyarrow.parquet.read_table(made / TABLE)
    rows = [row | {"address": row["address"] + 64} for row in table.to_pylist()]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, table.schema), moved / TABLE)
    assert compare_campaigns(made, moved).is_same_plan
    apart = _changed(moved, tmp_path / "apart", {"address": 4}, {"fault": 5})
    assert not compare_campaigns(made, apart).is_same_plan


def test_a_table_with_an_outcome_that_there_is_not_is_damaged(made: Path, tmp_path: Path) -> None:
    odd = _changed(made, tmp_path / "b", {"outcome": "odd"}, {"fault": 7})
    with pytest.raises(UsageError, match=r"faults.parquet is damaged: 'odd'"):
        compare_campaigns(made, odd)


def test_compare_says_of_two_campaigns_whether_they_differ(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protected = _changed(made, tmp_path / "b", {"outcome": "detected"}, {"outcome": "critical"})
    show_comparison(str(made), str(protected))
    said = capsys.readouterr().out
    assert " came to something else, of the same in both" in said
    assert "(13 FULLY_CONNECTED, biases, bit " in said
    assert "critical -> detected" in said
    a_run(tmp_path, id="a-run")
    with pytest.raises(UsageError, match="a-run is a run, and this takes a campaign"):
        show_comparison(str(made), str(tmp_path / "a-run"))


def test_a_campaign_is_a_message_for_a_chat(made: Path) -> None:
    summary = (made / SUMMARY).read_text()
    assert summary.startswith("**Failed: cifar10 on qemu, mps2-an500: biases, layer 13, flip**")
    assert f"- `{load_campaign(made).failures[0]}`" in summary
    assert "| critical, % **broken** |" in summary
    assert "\n| 13 FULLY_CONNECTED | 24 | " in summary


def test_a_campaign_gives_the_same_table_on_two_workers_and_when_it_is_resumed(
    fresh: Session,
) -> None:
    whole = _table(Campaign.begin(fresh, CHOICE, ["test"]), 2)
    cut = Campaign.begin(fresh, CHOICE, ["test"])
    for _ in cut.run(1):
        break
    cut.interrupt()
    assert load_campaign(cut.folder).status == "interrupted"
    resumed = Campaign.resume(fresh, cut.folder)
    assert 0 < len(resumed.results) < CHOICE.faults  # type: ignore[operator]
    assert _table(resumed, 1) == whole
    record = load_campaign(cut.folder)
    assert record.status == "passed"
    assert sum(record.outcomes.values()) == CHOICE.faults
    page = (cut.folder / PAGE).read_text()
    assert record.critical
    assert f"{100 * (record.critical['rate'] or 0):.2f} % of the faults are critical" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    with pytest.raises(UsageError, match="there is nothing to resume"):
        Campaign.resume(fresh, cut.folder)
