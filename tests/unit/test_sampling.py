"""What a sample of faults says of a rate, held against every bit of a layer; and QEMU by Renode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from fixtures import places
from tests.foreign import Foreign, build_foreign
from tinyml_hil.build import Firmware
from tinyml_hil.campaign import (
    TABLE,
    Campaign,
    Choice,
    Outcome,
    Plan,
    Rate,
    Result,
    Tally,
    held,
    tally_of,
)
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session

pytestmark = pytest.mark.nightly

LAYER = 1
EVERY_BIT = Choice(("weights", "biases"), "flip", seed=0, faults=None, layer=LAYER)
CAMPAIGNS, FAULTS, LEAST = 50, 100, 45
"""Of so many with so many faults each, so many intervals have to hold the true rate."""
OF_TWO_TARGETS = Choice(("weights", "biases", "activations"), "flip", seed=16, faults=40)


def _run(session: Session, choice: Choice) -> Campaign:
    """A campaign that has ended."""
    campaign = Campaign.begin(session, choice, ["test"])
    for _ in campaign.run(1):
        pass
    assert campaign.finish(f"sqlite:///{campaign.folder}/history.sqlite") == ""
    return campaign


def _session(foreign: Foreign, folder: Path) -> Session:
    """With one input, so that a bit has one outcome."""
    options = Options(
        model=foreign.model,
        firmware=foreign.elf,
        dataset=foreign.dataset,
        images=1,
    )
    return held(Session(options, Project(folder, {"reports": "reports"})))


class Exhausted:
    """A layer of which every bit was flipped."""

    def __init__(self, session: Session) -> None:
        campaign = _run(session, EVERY_BIT)
        self.plan, self.tally = campaign.plan, campaign.tally()
        results = {result.fault: result for result in campaign.results}
        self._results = {
            (fault.region, fault.bit): results[fault.id] for fault in campaign.plan.faults
        }

    def sampled(self, seed: int) -> tuple[Plan, list[Result]]:
        """The campaign that a seed draws, with the results that its faults have."""
        plan = replace(self.plan, choice=replace(EVERY_BIT, faults=FAULTS, seed=seed))
        known = (self._results[fault.region, fault.bit] for fault in plan.faults)
        return plan, [replace(r, fault=number) for number, r in enumerate(known)]


@pytest.fixture(scope="module", autouse=True)
def _own_reports() -> Iterator[None]:
    """These campaigns are kept in their own projects."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TINYML_HIL_REPORTS")
        yield


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("sampling")
    return _session(build_foreign(folder), folder)


@pytest.fixture(scope="module")
def exhausted(session: Session) -> Exhausted:
    return Exhausted(session)


def _critical(tally: Tally) -> Rate:
    return tally.whole.rate(Outcome.CRITICAL)


def _changed(tally: Tally) -> Rate:
    whole = tally.whole
    return Rate(whole.total - whole.outcomes[Outcome.MASKED], whole.total)


def test_a_sampled_campaign_that_is_run_comes_to_what_every_bit_did(
    session: Session, exhausted: Exhausted
) -> None:
    plan, expected = exhausted.sampled(7)
    campaign = _run(session, plan.choice)
    assert campaign.plan.faults == plan.faults
    assert sorted(campaign.results, key=lambda result: result.fault) == expected


@pytest.mark.parametrize("rate", [_critical, _changed])
def test_the_intervals_of_sampled_campaigns_hold_the_true_rate(
    exhausted: Exhausted, rate: Callable[[Tally], Rate]
) -> None:
    true = rate(exhausted.tally)
    assert true.total == exhausted.plan.space.bits
    assert 0.05 < true.value < 0.95
    held_by = 0
    for seed in range(CAMPAIGNS):
        low, high = rate(tally_of(*exhausted.sampled(seed))).interval
        held_by += low <= true.value <= high
    print(f"{true.value:.2%} of {true.total} bits: in {held_by} of {CAMPAIGNS} intervals")
    assert held_by >= LEAST


def test_the_same_faults_come_to_the_same_on_qemu_and_on_renode(
    built: Firmware, built_for_renode: Firmware, tmp_path: Path
) -> None:
    """But for their addresses: these are two boards."""
    assert built.elf != built_for_renode.elf
    tables = []
    for target in ("qemu", "renode"):
        settings = {"cache": str(places.BUILD), "reports": f"reports-{target}"}
        session = held(Session(Options(target=target, images=5), Project(tmp_path, settings)))
        campaign = _run(session, OF_TWO_TARGETS)
        session.close()
        tables.append(pyarrow.parquet.read_table(campaign.folder / TABLE).drop(["address"]))
    assert tables[0].to_pylist() == tables[1].to_pylist()
    assert len(tables[0]) == OF_TWO_TARGETS.faults
