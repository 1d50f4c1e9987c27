"""Snapshots of booted machines in Renode: exactly what was kept, or none at all."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fixtures import places
from tinyml_hil.build import Firmware
from tinyml_hil.errors import LinkError
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session
from tinyml_hil.target.renode import SNAPSHOTS
from tinyml_hil.target.renode_driver import RenodeDriver
from tinyml_hil.target.renode_monitor import RenodeMonitor
from tinyml_hil.target.renode_snapshot import KEPT, Snapshot

IMAGES = 2
OWN_CACHE = {"cache": "."}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the snapshots of a test are kept: nowhere else are any."""
    return tmp_path / SNAPSHOTS


def _keep(folder: Path, made_from: bytes, machine: bytes = b"m", printed: bytes = b"p") -> Snapshot:
    (folder / "saved").write_bytes(machine)
    snapshot = Snapshot(folder / SNAPSHOTS, [made_from])
    snapshot.keep(folder / "saved", printed)
    return snapshot


def test_what_was_kept_is_unpacked(tmp_path: Path) -> None:
    _keep(tmp_path, b"elf", b"machine", b"printed")
    assert Snapshot(tmp_path / SNAPSHOTS, [b"elf"]).unpack(tmp_path / "machine") == b"printed"
    assert (tmp_path / "machine").read_bytes() == b"machine"


@pytest.mark.parametrize("made_from", [[b"other"], [b"a", b"bc"], [b"ab", b"c", b""]])
def test_snapshot_of_anything_else_is_none(tmp_path: Path, made_from: list[bytes]) -> None:
    (tmp_path / "saved").write_bytes(b"machine")
    Snapshot(tmp_path / SNAPSHOTS, [b"ab", b"c"]).keep(tmp_path / "saved", b"")
    assert Snapshot(tmp_path / SNAPSHOTS, made_from).unpack(tmp_path / "machine") is None


def test_damaged_snapshot_is_not_used(tmp_path: Path, kept: Path) -> None:
    snapshot = _keep(tmp_path, b"elf", machine=b"x" * 1000)
    (file,) = kept.iterdir()
    content = bytearray(file.read_bytes())
    content[500] ^= 1
    file.write_bytes(content)
    with pytest.raises(zipfile.BadZipFile, match="CRC"):
        snapshot.unpack(tmp_path / "machine")


def test_those_used_last_are_kept(tmp_path: Path, kept: Path) -> None:
    snapshots = [_keep(tmp_path, bytes([i])) for i in range(KEPT)]
    for age, file in enumerate(kept.iterdir()):
        os.utime(file, (age, age))
    snapshots[0].unpack(tmp_path / "machine")
    for i in range(KEPT - 1):
        _keep(tmp_path, b"new%d" % i)
    assert len(list(kept.iterdir())) == KEPT
    assert snapshots[0].unpack(tmp_path / "machine") == b"p"
    assert [s.unpack(tmp_path / "machine") for s in snapshots[1:]] == [None] * (KEPT - 1)


def _seen(options: Options, log: Path) -> list[Any]:
    """All that a session sees of a device: its boot, its answers, and a reset and answers again."""
    session = Session(options, Project(log.parent, OWN_CACHE))
    tensors = [session.model.input_of(session.dataset.image(i)) for i in range(IMAGES)]
    with session.device(log) as device:
        seen: list[Any] = [device.boot_lines, device.info, device.memory()]
        seen += [(c.output.tolist(), c.ticks) for c in device.classify_many(tensors, "memory")]
        device.reset()
        seen += [device.boot_lines, device.memory()]
        seen += [(c.output.tolist(), c.ticks) for c in device.classify_many(tensors, "uart")]
    return seen


def test_loaded_machine_is_exactly_the_one_that_booted(
    driver: type[RenodeDriver], built_for_renode: Firmware, tmp_path: Path
) -> None:
    options = Options(
        target="renode",
        renode_driver=driver.name,
        firmware=built_for_renode.elf,
        dataset=places.DEFAULT_DATASET,
    )
    booted = _seen(options, tmp_path / "booted.log")
    loaded = _seen(options, tmp_path / "loaded.log")
    assert loaded == booted
    assert _starts_by(tmp_path / "booted.log") == ["emulation RunFor"]
    assert _starts_by(tmp_path / "loaded.log") == ["Load"]


def test_machine_that_renode_cannot_load_is_thrown_away_and_another_booted(
    renode: Path, built_for_renode: Firmware, tmp_path: Path, kept: Path
) -> None:
    _start(built_for_renode, tmp_path / "first.log")
    _replace_machine(kept, b"no machine")
    _start(built_for_renode, tmp_path / "second.log")
    assert _starts_by(tmp_path / "second.log") == ["Load", "emulation RunFor"]
    note = "# the snapshot is thrown away: Renode refused 'Load @"
    assert note in (tmp_path / "second.log").read_text()


def test_machine_that_never_answers_is_thrown_away(
    renode: Path, built_for_renode: Firmware, tmp_path: Path, kept: Path
) -> None:
    empty = RenodeMonitor(renode, tmp_path)
    empty.execute('mach create "without a UART"')
    empty.execute(f"Save @{tmp_path}/empty")
    empty.close()
    _start(built_for_renode, tmp_path / "first.log")
    _replace_machine(kept, (tmp_path / "empty").read_bytes())
    with pytest.raises(LinkError, match="usart1"):
        _start(built_for_renode, tmp_path / "second.log")
    assert list(kept.iterdir()) == []


def _start(firmware: Firmware, log: Path) -> None:
    session = Session(
        Options(target="renode", firmware=firmware.elf), Project(log.parent, OWN_CACHE)
    )
    with session.device(log) as device:
        assert device.info.build_id == firmware.build_id


def _starts_by(log: Path) -> list[str]:
    """What made the machine run, each time that one was started."""
    return re.findall(r"# (Load|emulation RunFor) ", log.read_text())


def _replace_machine(kept: Path, machine: bytes) -> None:
    (file,) = kept.iterdir()
    with zipfile.ZipFile(file) as archive:
        printed = archive.read("printed")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("machine", machine)
        archive.writestr("printed", printed)
