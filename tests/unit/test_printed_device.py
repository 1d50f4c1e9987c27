"""Firmware in its own words on a link: what it prints, in which order, and what it leaves out."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyml_hil import paths
from tinyml_hil.build import Firmware, load_platform
from tinyml_hil.dataset import CIFAR10_CLASSES
from tinyml_hil.device import Device, KnownInputs
from tinyml_hil.device.firmware_config import FirmwareConfig
from tinyml_hil.device.printed import open_printed
from tinyml_hil.device.printed_words import PrintedTable
from tinyml_hil.device.running import Launch
from tinyml_hil.errors import GoneError, LinkError, MissingCommandError, UsageError
from tinyml_hil.model import load_model
from tinyml_hil.target import Link, MemoryLane, SocketLink, Target, TargetOptions, Transcript
from tinyml_hil.target.board import BoardTarget

MODEL = load_model(paths.DEFAULT_MODEL)
TIMEOUT = 30.0
AT_ONCE = 2.0
"""Seconds in which a firmware that says nothing is given up; one that is only slow is not."""
Play = Callable[[socket.socket], None]
Opened = Callable[..., AbstractContextManager[Device]]
LINE = r"image (?P<index>\d+): (?P<class>\w+) (?P<score>[\d.]+)"


def _input(index: int) -> NDArray[Any]:
    return np.full(MODEL.input.shape, index, MODEL.input.dtype)


INPUTS = KnownInputs(CIFAR10_CLASSES, "twelve", 12, _input)


class Says:
    """Prints lines, and nothing more."""

    def __init__(self, *lines: str) -> None:
        self.content = "".join(f"{line}\r\n" for line in lines).encode()

    def __call__(self, end: socket.socket) -> None:
        end.recv(1)


class PlayedTarget(Target):
    """Firmware that is a function of this test: it has the other end of a link."""

    name = "played"
    default_platform = "mps2-an500"

    def __init__(self, play: Play, transcript: Transcript) -> None:
        self._play, self._transcript = play, transcript
        self.starts = 0
        self._ends: list[socket.socket] = []

    @classmethod
    def check(cls, options: TargetOptions) -> str:
        return ""

    @property
    def lane(self) -> MemoryLane | None:
        return None

    def start(self, elf: Path) -> Link:
        self.starts += 1
        ours, theirs = socket.socketpair()
        self._ends.append(theirs)
        if isinstance(self._play, Says):
            theirs.sendall(self._play.content)  # before it is waited for, however busy it is here
        threading.Thread(target=self._run, args=(theirs,), daemon=True).start()
        return SocketLink(ours, self._transcript, lambda: "the emulator ended")

    def _run(self, end: socket.socket) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            self._play(end)

    def stop(self) -> None:
        for end in self._ends:
            end.close()


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a device that a function plays, with the keys of a table [printed]."""

    def open_it(play: Play, timeout: float = TIMEOUT, **keys: Any) -> Any:
        transcript = Transcript(tmp_path / "transcript.log")
        target = PlayedTarget(play, transcript)
        return _open(target, transcript, timeout, **keys)

    return open_it


def _open(
    target: Target, transcript: Transcript, timeout: float = TIMEOUT, **keys: Any
) -> AbstractContextManager[Device]:
    config = FirmwareConfig(PrintedTable(**keys), None, Path("firmware.toml"))
    firmware = Firmware(Path("firmware.elf"))
    launch = Launch(target, firmware, transcript, timeout)
    return open_printed(launch, MODEL, "auto", config, INPUTS)


def _classes(device: Device, indices: Sequence[int]) -> list[int | None]:
    return [r.said_class for r in device.classify_many(map(_input, indices))]


def test_the_printed_results_belong_to_the_dataset_s_inputs_in_order(opened: Opened) -> None:
    with opened(Says("boot", "a cat", "a dog", "a ship"), result=r"a (?P<class>\w+)") as device:
        assert device.boot_lines == ["boot"]
        assert _classes(device, [0, 1, 2]) == [3, 5, 8]


def test_an_index_says_which_input_a_result_belongs_to(opened: Opened) -> None:
    lines = ("image 2: ship 0.5", "image 1: cat 0.7")
    with opened(Says(*lines), result=LINE, first=1) as device:
        assert _classes(device, [0, 1]) == [3, 8]


def test_inputs_may_be_asked_for_in_any_order_and_again(opened: Opened) -> None:
    with opened(Says("a cat", "a dog", "a ship"), result=r"a (?P<class>\w+)") as device:
        assert _classes(device, [2, 0, 2]) == [8, 3, 8]
        with pytest.raises(MissingCommandError, match="built in, and infers each once a boot"):
            device.require_repeats()


def test_an_input_that_is_not_built_in_is_refused(opened: Opened) -> None:
    with (
        opened(Says("a cat", "done"), result=r"a (?P<class>\w+)", end="done") as device,
        pytest.raises(UsageError, match="this one is none of twelve"),
    ):
        device.classify(_input(200))


def test_fewer_results_than_inputs_are_said_with_the_number_to_choose(opened: Opened) -> None:
    lines = ("a cat", "a dog", "done")
    with opened(Says(*lines), result=r"a (?P<class>\w+)", end="done") as device:
        assert _classes(device, [0, 1]) == [3, 5]
        with pytest.raises(UsageError) as error:
            device.classify(_input(2))
        assert str(error.value) == (
            "the firmware printed 2 results, of the inputs 0 to 1, and then 'done': there is none "
            "for input 2. Choose those that it has built in: --images 2"
        )
        assert not device.lost


def test_without_an_end_silence_is_the_end(opened: Opened) -> None:
    with opened(Says("a cat"), AT_ONCE, result=r"a (?P<class>\w+)") as device:
        with pytest.raises(UsageError, match=r"and then nothing for 2 s"):
            device.classify(_input(1))
        assert device.classify(_input(0)).said_class == 3


def test_firmware_that_begins_again_ends_its_results(opened: Opened) -> None:
    def play(end: socket.socket) -> None:
        while True:
            end.sendall(b"image 0: cat 0.5\nimage 1: dog 0.5\n")

    with opened(play, result=LINE) as device:
        assert _classes(device, [0, 1]) == [3, 5]
        with pytest.raises(UsageError, match="and then input 0 once more"):
            device.classify(_input(2))


def test_a_pattern_that_matches_nothing_shows_the_lines_that_came(opened: Opened) -> None:
    lines = ("\x1b[32mhello", *(f"image {i} is a ship" for i in range(30)))
    with pytest.raises(LinkError) as error, opened(Says(*lines), AT_ONCE, result=LINE):
        pass
    text = str(error.value)
    assert text.startswith("nothing more came within 2 s, awaiting its first result.")
    for line in (r"\x1b[32mhello", "image 2 is a ship", "image 29 is a ship"):
        assert line in text
    assert "image 9 is a ship" not in text


def test_lines_without_end_that_are_no_result_are_left(opened: Opened) -> None:
    def play(end: socket.socket) -> None:
        while True:
            end.sendall(b"tick\n" * 1000)

    with pytest.raises(LinkError, match="the firmware talks and talks"), opened(play, result=LINE):
        pass


def test_a_line_without_end_is_left(opened: Opened) -> None:
    def play(end: socket.socket) -> None:
        while True:
            end.sendall(b"x" * 65536)

    keys = {"result": LINE, "send": "{hex}", "prompt": "^> $"}
    with pytest.raises(LinkError, match="the firmware talks and talks"), opened(play, **keys):
        pass


def test_a_result_that_is_never_whole_is_no_result(opened: Opened) -> None:
    result = (r"(?P<scored>\w+): (?P<score>[\d.]+)",)
    with opened(Says("cat: 0.5", "dog: 0.5"), AT_ONCE, result=result) as device:
        with pytest.raises(LinkError, match="A result was begun, and is not whole"):
            device.classify(_input(0))
        assert device.lost


def test_the_end_makes_the_last_result_whole(opened: Opened) -> None:
    lines = ("cat: 0.5", "dog: 0.25", "-", "ship: 0.75", "done")
    keys = {"result": r"(?P<scored>\w+): (?P<score>[\d.]+)", "end": "-|done"}
    with opened(Says(*lines), **keys) as device:
        output = device.classify(_input(0)).output
        assert np.flatnonzero(~np.isnan(output)).tolist() == [3, 5]


def test_an_emulator_that_dies_is_gone_and_started_again(opened: Opened) -> None:
    boots: list[int] = []

    def play(end: socket.socket) -> None:
        boots.append(1)
        end.sendall(b"boot\na cat\n" + (b"a dog\n" if len(boots) > 1 else b""))
        if len(boots) == 1:
            end.close()
        else:
            end.recv(1)

    with opened(play, result=r"a (?P<class>\w+)") as device:
        with pytest.raises(GoneError, match="the emulator ended"):
            _classes(device, [0, 1])
        assert device.lost
        device.reset()
        assert _classes(device, [0, 1]) == [3, 5]
        assert device.revivals == ["the emulator ended"]


def _answers(end: socket.socket, reply: Callable[[bytes], bytes]) -> None:
    """Prints a prompt, and replies to each line that it is sent."""
    while True:
        end.sendall(b"ready\r\n> ")
        sent = b""
        while not sent.endswith(b"\n"):
            if not (data := end.recv(65536)):
                return
            sent += data
        end.sendall(reply(sent.strip()))


SENT = {"send": r"{hex}\n", "prompt": "^> $"}


def test_an_input_is_sent_when_the_prompt_has_come(opened: Opened) -> None:
    def reply(sent: bytes) -> bytes:
        return f"echo {len(sent)}\nclass {sent[1:2].decode()}\n".encode()

    with opened(partial(_answers, reply=reply), result=r"class (?P<class>\d)", **SENT) as device:
        device.require_repeats()
        assert _classes(device, [7, 2, 7, 200]) == [7, 2, 7, 8]


def test_a_prompt_makes_the_reply_whole(opened: Opened) -> None:
    reply = b"1. ship 0.9\n2. cat 0.1\n"
    keys = {"result": r"\d\. (?P<scored>\w+) (?P<score>[\d.]+)", **SENT}
    with opened(partial(_answers, reply=lambda sent: reply), **keys) as device:
        output = device.classify(_input(0)).output
        assert np.flatnonzero(~np.isnan(output)).tolist() == [3, 8]


def test_a_reply_without_a_result_shows_its_lines(opened: Opened) -> None:
    play = partial(_answers, reply=lambda sent: b"e: too long\n")
    with (
        opened(play, result=r"class (?P<class>\d)", **SENT) as device,
        pytest.raises(LinkError, match=r"no line of it is a result(.|\n)*e: too long"),
    ):
        device.classify(_input(0))


def test_a_command_is_lacking_and_why_is_said(opened: Opened) -> None:
    with opened(Says("a cat"), result=r"a (?P<class>\w+)") as device:
        for ask in (lambda: device.console, lambda: device.info, device.memory, device.layers):
            with pytest.raises(MissingCommandError, match="prints its results in its own words"):
                ask()


class ReplayedBoard(BoardTarget):
    """A board whose reset button is pressed when the port is open."""

    def __init__(self, master: int, text: str, options: TargetOptions, log: Transcript) -> None:
        super().__init__(load_platform("stm32h747i-disco"), log, options)
        self._master, self._text = master, text

    def start(self, elf: Path) -> Link:
        link = super().start(elf)
        os.write(self._master, self._text.encode())
        return link


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """A pseudo terminal: the end of the board, and the name of the port."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for end in (master, slave):
        os.close(end)


def test_what_the_guide_s_program_prints_is_read_from_a_board_s_port(
    terminal: tuple[int, str], tmp_path: Path
) -> None:
    """As published it counts the output's dimensions, and has these words for its display."""
    master, port = terminal
    names = ["Cat", "Ship", "Ship", "Plane", "Frog", "Frog", "Car", "Frog", "Cat", "Car"]
    text = "Testing LoadModelAndPerformInference\r\n"
    for number, name in enumerate(names):
        text += f"2\r\n  Prediction: {name}       \r\n  Confidence: {50 + number}.5%   \r\n"
    text += "1/1 tests passed\r\n~~~ALL TESTS PASSED~~~\r\n"
    transcript = Transcript(tmp_path / "board.log")
    board = ReplayedBoard(master, text, TargetOptions(port=port, flash="none"), transcript)
    own = ("Plane", "Car", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Ship", "Truck")
    keys: dict[str, Any] = {
        "result": (r"Prediction: (?P<class>\w+)", r"Confidence: (?P<score>[\d.]+)%"),
        "end": "ALL TESTS PASSED",
        "classes": own,
        "scale": 255 / 256,
    }
    with _open(board, transcript, **keys) as device:
        results = list(device.classify_many(map(_input, range(10))))
    assert [own[r.said_class or 0] for r in results] == names
    scores = [np.nanmax(result.output) for result in results]
    assert scores == pytest.approx([(0.505 + i / 100) * 255 / 256 for i in range(10)])
