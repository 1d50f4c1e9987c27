"""Clusters of Dask's: what goes to workers, and what becomes of a run when they end or hang."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from fixtures import places
from tests.unit import clusters
from tests.unit.clusters import Cluster, emulators
from tests.unit.conftest import PATIENCE, Run, comes_true
from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.campaign import TABLE, Campaign, Choice, held
from tinyml_hil.device import Device
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.project import Project
from tinyml_hil.run import Inference, crew_of, require_cluster
from tinyml_hil.run.parcel import Parcel, pack, unpacked
from tinyml_hil.session import Options, Session

CHOICE = Choice(("weights", "biases"), "flip", seed=7, faults=32)
NOWHERE = "tcp://127.0.0.1:1"
SHORT_SILENCE = 15.0


@dataclass(frozen=True)
class Fatal:
    """Work that ends the process it runs in at one of its items."""

    items: tuple[int, ...] = tuple(range(8))
    together: int = 1
    inputs: tuple[int, ...] = (0,)

    def begin(self, session: Session, device: Device) -> Callable[[Iterator[int]], Iterator[int]]:
        return self._run

    def _run(self, items: Iterator[int]) -> Iterator[int]:
        for item in items:
            if item == self.items[-1]:
                os.kill(os.getpid(), signal.SIGKILL)
            yield item


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr("tinyml_hil.run.cluster.PATIENCE", PATIENCE)
    with Cluster(tmp_path) as started:
        yield started


@pytest.fixture
def session(built: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """In a project of its own."""
    assert built.is_ours
    monkeypatch.delenv("TINYML_HIL_REPORTS")
    project = Project(tmp_path, {"cache": str(places.BUILD), "reports": "reports"})
    session = Session(Options(target="qemu", images=3), project)
    yield session
    session.close()


def _listening(process: psutil.Process) -> set[str]:
    return {c.laddr.ip for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}


def _follow(results: Iterator[Any], act: Callable[[], None]) -> None:
    """Takes all results, and does something at each."""
    for _ in results:
        act()


def test_commands_of_the_page_are_those_that_are_tested() -> None:
    page = (places.ROOT / "docs" / "cluster.md").read_text()
    assert f"\n{clusters.SCHEDULER}\n{clusters.WORKER}\n" in page


def test_a_campaign_whose_workers_are_killed_and_stopped_gives_the_same_table(
    session: Session, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyml_hil.run.scheduler.SILENCE", SHORT_SILENCE)
    victims = [cluster.worker("first"), cluster.worker("second")]
    campaign = Campaign.begin(held(session), CHOICE, ["test"])
    struck = False
    for _ in campaign.run(1, cluster.address):
        is_late = len(campaign.results) > CHOICE.faults / 2  # type: ignore[operator]
        if not struck and (is_late or all(map(emulators, victims))):
            assert set.union(*map(_listening, [cluster.scheduler, *victims])) == {"127.0.0.1"}
            victims[0].send_signal(signal.SIGKILL)
            victims[1].send_signal(signal.SIGSTOP)
            cluster.worker("third")
            struck = True
    assert struck
    campaign.finish(session.project.history)
    own = Campaign.begin(held(session), CHOICE, ["test"])
    _follow(own.run(1), lambda: None)
    own.finish(session.project.history)
    assert (campaign.folder / TABLE).read_bytes() == (own.folder / TABLE).read_bytes()


def test_a_worker_with_another_emulator_is_refused_by_name(
    session: Session, cluster: Cluster, tmp_path: Path
) -> None:
    other = tmp_path / "bin" / "qemu-system-arm"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho QEMU emulator version 1.2.3\n")
    other.chmod(0o755)
    cluster.worker("old", {"PATH": f"{other.parent}{os.pathsep}{os.environ['PATH']}"})
    session.check()
    with (
        crew_of(session, Inference([0], 1), 1, cluster.address, tmp_path) as crew,
        pytest.raises(SetupError, match=r"tcp://127.0.0.1:\d+: it has qemu .*1\.2\.3 instead of"),
    ):
        list(crew.results())


@pytest.mark.nightly
def test_a_batch_that_ends_each_worker_is_named(
    session: Session, cluster: Cluster, tmp_path: Path
) -> None:
    session.check()
    for number in range(3):
        cluster.worker(f"worker{number}")
    found: list[list[int]] = []
    with (
        crew_of(session, Fatal(), 1, cluster.address, tmp_path) as crew,
        pytest.raises(SetupError, match=r"3 workers ended .* at the same batch: 4, 5, 6, 7;"),
    ):
        found.extend(crew.results())
    assert found == [[0, 1, 2, 3]]


@pytest.mark.nightly
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_campaign_whose_scheduler_ends_or_stops_goes_on_with_another(
    session: Session,
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: signal.Signals,
) -> None:
    monkeypatch.setattr("tinyml_hil.run.scheduler.SILENCE", SHORT_SILENCE)
    worker = cluster.worker("worker")
    campaign = Campaign.begin(held(session), CHOICE, ["test"])
    with pytest.raises(SetupError, match=f"the scheduler at {cluster.address} is gone, or"):
        _follow(campaign.run(1, cluster.address), lambda: cluster.scheduler.send_signal(how))
    campaign.interrupt()
    worker.kill()
    resumed = Campaign.resume(held(session), campaign.folder)
    assert 0 < len(resumed.results) < CHOICE.faults  # type: ignore[operator]
    (tmp_path / "again").mkdir()
    with Cluster(tmp_path / "again") as another:
        another.worker("worker")
        _follow(resumed.run(1, another.address), lambda: None)
    assert sorted(result.fault for result in resumed.results) == list(range(32))


@pytest.mark.nightly
def test_a_run_that_ctrl_c_ends_leaves_no_device_on_a_worker(
    session: Session, cluster: Cluster
) -> None:
    worker = cluster.worker("worker")
    campaign = Campaign.begin(held(session), CHOICE, ["test"])

    def interrupt() -> None:
        assert emulators(worker)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _follow(campaign.run(1, cluster.address), interrupt)
    assert comes_true(lambda: not emulators(worker), PATIENCE)


@pytest.mark.nightly
def test_an_evaluation_on_a_cluster_gives_what_one_on_this_machine_gives(
    run_cli: Run, built: Firmware, cluster: Cluster, tmp_path: Path
) -> None:
    """From the command line, the device's own facts included."""
    cluster.worker("worker")
    found = []
    for where in ("--workers=2", f"--cluster={cluster.address}"):
        result = run_cli("evaluate", "--firmware", built.elf, "--images=5", "--json", where)
        assert result.returncode == 0, result.stderr
        told = json.loads(result.stdout)
        with np.load(Path(told["folder"]) / "results.npz") as arrays:
            outputs = {name: arrays[name].tolist() for name in arrays.files}
        found.append((outputs, told["memory"], told["unit"], told["numbers"]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("given", "workers", "address", "said"),
    [
        ({}, 1, "127.0.0.1:8786", "a scheduler of Dask's is at tcp://HOST:PORT"),
        ({}, 1, "tls://127.0.0.1:8786", "takes certificates"),
        ({}, 2, NOWHERE, "leave --workers out"),
        ({"coverage": True}, 1, NOWHERE, "--coverage"),
        ({"op": (Path("my_op.c"),)}, 1, NOWHERE, "--op"),
        ({"target": "board"}, 1, NOWHERE, "--target=board is on this machine"),
    ],
)
def test_what_a_cluster_cannot_do_is_said_before_anything_runs(
    given: dict[str, Any], workers: int, address: str, said: str
) -> None:
    session = Session(replace(Options(), **given))
    with pytest.raises(UsageError, match=said):
        require_cluster(session, workers, address)


def test_a_session_goes_elsewhere_without_a_file_of_the_user_s(
    built: Firmware, tmp_path: Path
) -> None:
    mine, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    own = Session(Options()).platform.folder
    shutil.copytree(own, mine / "platforms" / own.name)
    shutil.copy(built.elf, mine / "an.elf")
    shutil.copy(paths.DEFAULT_MODEL, mine / "a.tflite")
    (mine / "a.toml").write_text("scale = 1.0\n")
    (mine / "firmware.toml").write_text(
        '[debugger]\ncall = "nn_invoke"\ninput = "r0"\noutput = "r0"\n'
    )
    options = Options(firmware=mine / "an.elf", model=mine / "a.tflite", door="debugger", images=5)
    project = Project(mine, {"cache": str(places.BUILD)})
    session = Session(options, project)
    right = session.dataset.image(3)
    parcel = unpacked(pack(Parcel.of(session, [3])))
    shutil.rmtree(mine)
    parcel.write(elsewhere)
    there = parcel.session(elsewhere)
    assert there.platform.folder == elsewhere / "platforms" / own.name
    assert there.firmware.elf == elsewhere / "firmware" / "an.elf"
    assert there.door.name == "debugger"
    assert (there.dataset.image(3) == right).all()
    assert there.model.name == "a"
    assert there.model.preprocessing.scale == (1.0,)
    assert parcel.misfit(there) == ""
    assert str(mine) not in str(there.options.to_plain())


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SetupError, match=r"pip install 'tinyml-hil\[cluster\]'"):
        require_cluster(Session(Options()), 1, NOWHERE)


def test_a_scheduler_that_is_not_there_is_said(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyml_hil.run.scheduler._CONNECTING", 0.5)
    with pytest.raises(SetupError, match=f"no scheduler answers at {NOWHERE}: start it with dask"):
        crew_of(session, Inference([0], 1), 1, NOWHERE, tmp_path)
