"""Words for devices: what each chooses, what a device is called, and what is no device."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.conftest import Run
from tinyml_hil.device.doors import Door
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.session import Options, sessions_of

USAGE = 2


def _chosen(word: str) -> dict[str, object]:
    (session,) = sessions_of(Options(images=7, device=(word,)), Project(Path())).values()
    plain, usual = session.options.to_plain(), Options(images=7).to_plain()
    return {name: value for name, value in plain.items() if value != usual[name]}


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("qemu", {}),
        ("renode", {"target": "renode"}),
        ("qemu:mps2-an386", {"platform": "mps2-an386"}),
        ("board:/dev/ttyACM0", {"target": "board", "port": "/dev/ttyACM0"}),
        ("board:COM3", {"target": "board", "port": "COM3"}),
        ("board:stm32h747i-disco", {"target": "board", "platform": "stm32h747i-disco"}),
        (
            "board:/dev/ttyACM1,probe=0042,baud=9600",
            {"target": "board", "port": "/dev/ttyACM1", "probe": "0042", "baud": 9600},
        ),
        ("qemu,firmware=/a/b.elf,lane=uart", {"firmware": "/a/b.elf", "lane": "uart"}),
    ],
)
def test_word_chooses_what_is_its_device_s_alone(word: str, chosen: dict[str, object]) -> None:
    assert _chosen(word) == chosen


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("qemu", "renode"), ["qemu", "renode"]),
        (("board,probe=1", "qemu"), ["board", "qemu"]),
        (("qemu,lane=uart", "qemu,firmware=a/b.elf"), ["qemu,lane=uart", "qemu,firmware=b.elf"]),
        (
            ("qemu,firmware=a/x.elf", "qemu,firmware=b/x.elf"),
            ["qemu,firmware=a/x.elf", "qemu,firmware=b/x.elf"],
        ),
    ],
)
def test_device_is_called_as_short_as_tells_it_from_the_others(
    words: tuple[str, ...], names: list[str]
) -> None:
    assert list(sessions_of(Options(device=words), Project(Path()))) == names


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("qemu", "qemu"), "--device qemu is given twice"),
        (("quemu:mps2-an386",), "there is no target 'quemu'"),
        (("qemu,images=3",), "'images=3' is no option of one device; there are: platform="),
        (("qemu,lane",), "'lane' is no option of one device"),
        (("qemu,lane=post",), "--lane is 'post'; it is one of: auto"),
        (("board,baud=fast",), "baud of --device board,baud=fast is 'fast', not a number"),
    ],
)
def test_what_names_no_device_is_refused(words: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        sessions_of(Options(device=words), Project(Path()))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "--share is for several devices: give --device for each"),
        (("qemu",), "--share is for several devices"),
        (("qemu", "qemu"), "--device qemu is given twice"),
        (
            ("board:/dev/a", "renode"),
            "board:/dev/a and renode have not the same target; without --share both run every",
        ),
        (("qemu", "qemu:mps2-an386"), "have not the same platform"),
        (("board:/dev/a", "board:/dev/b,lane=uart"), "have not the same lane"),
    ],
)
def test_what_cannot_share_is_refused(words: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        sessions_of(Options(device=words, share=True), Project(Path()))


def test_sharers_differ_in_where_they_are_alone() -> None:
    words = ("board:/dev/a", "board,place=shelf-1")
    options = Options(device=words, images=3, share=True)
    (session,) = sessions_of(options, Project(Path())).values()
    first, second = (each.options for each in session.sharers)
    assert (first.port, first.place, first.sharer) == ("/dev/a", None, words[0])
    assert (second.port, second.place, second.sharer) == (None, "shelf-1", words[1])
    assert first.platform == second.platform == "stm32h747i-disco"
    assert first.images == second.images == 3


def test_without_a_word_there_is_the_target_s_device() -> None:
    assert list(sessions_of(Options(target="renode"), Project(Path()))) == ["renode"]


def _in_project(run_cli: Run, folder: Path, settings: str, *command: str) -> str:
    (folder / "pyproject.toml").write_text(f"[tool.tinyml-hil]\n{settings}\n")
    result = run_cli(*command, cwd=folder)
    assert result.returncode == USAGE
    return result.stderr


def test_command_for_one_device_asks_which_of_the_settings(run_cli: Run, tmp_path: Path) -> None:
    said = _in_project(run_cli, tmp_path, 'device = ["qemu", "renode"]', "layers")
    assert "name the devices qemu, renode, and this is for one: choose it with --target" in said


def test_firmware_of_the_settings_is_not_what_a_command_builds(
    run_cli: Run, tmp_path: Path
) -> None:
    (tmp_path / "my.elf").write_bytes(b"no ELF")
    (tmp_path / "my.tflite").write_bytes(b"no model")
    settings = 'firmware = "my.elf"'
    said = _in_project(run_cli, tmp_path, settings, "build", "--model", "my.tflite")
    assert "my.tflite is not a .tflite model" in said


def test_door_refuses_what_cannot_be_done_behind_it() -> None:
    with pytest.raises(UsageError, match="in memory, not over the UART: leave --lane=uart out"):
        Door("debugger").require("uart", 1)
    with pytest.raises(UsageError, match="infers each once a boot: leave --repeat=3 out"):
        Door("printed").require("auto", 3)
    Door().require("uart", 3)
