"""The QEMU target: what it says when QEMU fails."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.unit.conftest import kill_those_naming, linked_at
from tinyml_hil.build import COMPILER, Firmware, load_platform
from tinyml_hil.errors import GoneError, LinkError, UsageError
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions, Transcript
from tinyml_hil.target.qemu import EXECUTABLE, QemuTarget

pytestmark = pytest.mark.skipif(
    not (shutil.which(EXECUTABLE) and shutil.which(COMPILER)),
    reason=f"needs {EXECUTABLE} and {COMPILER}",
)


def test_qemu_s_own_words_are_quoted_when_it_refuses(tmp_path: Path) -> None:
    elf = tmp_path / "x.elf"
    elf.write_bytes(b"no elf")
    target = QemuTarget(
        load_platform("mps2-an500"), Transcript(tmp_path / "uart.log"), TargetOptions()
    )
    try:
        with pytest.raises(LinkError, match=r"QEMU ended: .*x\.elf"):
            target.start(elf.with_name("x.elf.missing")).read(10)
    finally:
        target.stop()


def test_elf_of_an_unknown_board_is_one_sentence_with_where_it_is_loaded(tmp_path: Path) -> None:
    other = linked_at(tmp_path, 0x10000000)
    with (
        pytest.raises(
            LinkError, match=r"has not begun to run: QEMU ended: .*loaded to 0x1000"
        ) as e,
        Session(Options(firmware=other.elf)).device(tmp_path / "uart.log"),
    ):
        pass
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("arguments", "what"), [(["-c"], "an object file"), (["-shared", "-nostdlib"], "a shared lib")]
)
def test_what_is_not_linked_to_run_is_refused(
    tmp_path: Path, arguments: list[str], what: str
) -> None:
    (tmp_path / "empty.c").write_text("int main(void) { return 0; }\n")
    elf = tmp_path / "empty.elf"
    subprocess.run([COMPILER, *arguments, tmp_path / "empty.c", "-o", elf], check=True)
    with pytest.raises(UsageError, match=f"is {what}.*, not a program"):
        _ = Session(Options(firmware=elf)).firmware


def test_qemu_that_dies_in_the_middle_is_said_to_have_ended(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with Session(Options(firmware=built.elf)).device(tmp_path / "uart.log") as device:
        kill_those_naming(private_tmp)
        with pytest.raises(LinkError, match="QEMU ended"):
            device.console.request("name")


def test_evaluation_goes_on_with_the_image_in_which_the_device_died(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    session = Session(Options(firmware=built.elf, images=3))
    with session.device(tmp_path / "uart.log") as device:
        records = session.evaluation(device).run(iter(range(3)))
        answered = [next(records).index]
        kill_those_naming(private_tmp)
        answered += [record.index for record in records]
        assert answered == [0, 1, 2]
    session.close()


def test_device_that_dies_twice_is_started_once(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with Session(Options(firmware=built.elf)).device(tmp_path / "uart.log") as device:
        for again in (False, True):
            kill_those_naming(private_tmp)
            with pytest.raises(GoneError):
                device.console.request("name")
            if not again:
                device.reset()
        with pytest.raises(GoneError, match="went away again: QEMU ended: killed by SIGKILL"):
            device.reset()


def test_device_that_died_is_started_afresh_by_reset(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with Session(Options(firmware=built.elf)).device(tmp_path / "uart.log") as device:
        kill_those_naming(private_tmp)
        device.reset()
        assert device.info.build_id == built.build_id
