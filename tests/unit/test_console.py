"""The console against a device that is played by the test, at the other end of a socket."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tinyml_hil.device import Console, wait
from tinyml_hil.errors import DeviceError, FaultError, LinkError
from tinyml_hil.target import Link, SocketLink, Transcript, link


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[Console, socket.socket]]:
    ours, theirs = socket.socketpair()
    transcript = Transcript(tmp_path / "uart.log")
    link = SocketLink(ours, transcript, lambda: "QEMU ended: it said nothing")
    yield Console(link, 0.2, lambda line: f"explained: {line}"), theirs
    link.close()
    theirs.close()
    transcript.close()


def test_reply_is_the_lines_before_the_prompt(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"one\r\ntwo\r\nm-ready\r\n")
    assert console.request("any") == ["one", "two"]
    assert device.recv(100) == b"any%"


def test_error_line_is_raised_once_the_reply_is_complete(
    ends: tuple[Console, socket.socket],
) -> None:
    console, device = ends
    device.sendall(b"e-[no]\r\nm-ready\r\nfine\r\nm-ready\r\n")
    with pytest.raises(DeviceError, match=r"answered 'any%' with e-\[no\]"):
        console.request("any")
    assert console.request("next") == ["fine"]


def test_fault_is_raised_at_once_and_explained(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"e-fault-[usage pc=0x1]\r\n")
    with pytest.raises(FaultError, match="explained: e-fault-"):
        console.request("any")


def test_silence_names_what_was_awaited_and_shows_the_last_lines(
    ends: tuple[Console, socket.socket],
) -> None:
    console, device = ends
    device.sendall(b"half a li")
    with pytest.raises(LinkError) as error:
        console.request("any")
    message = str(error.value)
    assert "no answer within 0.2 s, awaiting the reply to 'any%'" in message
    assert "> any%" in message
    assert "half a li (line not ended)" in message
    assert "uart.log" in message


@contextmanager
def _in_a_thread(device: socket.socket, talk: Callable[[], None]) -> Iterator[None]:
    """The device does that, until this is left."""

    def talk_until_it_is_cut_off() -> None:
        with contextlib.suppress(OSError):
            talk()

    talking = threading.Thread(target=talk_until_it_is_cut_off)
    talking.start()
    try:
        yield
    finally:
        device.shutdown(socket.SHUT_RDWR)
        talking.join()


def _chattering(device: socket.socket, chatter: bytes) -> contextlib.AbstractContextManager[None]:
    """The device says the same again and again, as fast as it is heard."""

    def talk() -> None:
        while True:
            device.sendall(chatter)

    return _in_a_thread(device, talk)


@pytest.mark.parametrize(
    "chatter", [b"tick \x1b[31m\r\n" * 400, b"\x81junk" * 1000], ids=["lines", "junk"]
)
def test_talk_without_end_is_left_and_shown_from_both_ends(
    ends: tuple[Console, socket.socket], monkeypatch: pytest.MonkeyPatch, chatter: bytes
) -> None:
    console, device = ends
    monkeypatch.setattr(wait, "MOST_BYTES", 100_000)
    console.timeout = 60.0  # so that it is the bytes that end it
    device.sendall(b"good morning\r\n")
    with _chattering(device, chatter), pytest.raises(LinkError) as error:
        console.request("any")
    message = str(error.value)
    assert re.search(r"its answer does not end: 1\d\d,\d{3} bytes in ", message)
    assert "> any%" in message
    assert "\x1b" not in message
    assert "Is the model slow" not in message
    assert len(message) < 6000


def test_slow_talk_without_end_is_left_after_some_time_outs(
    ends: tuple[Console, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    console, device = ends
    monkeypatch.setattr(wait, "ROUNDS", 0.0)
    device.sendall(b"heartbeat\r\n")
    with pytest.raises(LinkError, match="the device talks and talks"):
        console.request("any")


def test_numbered_lines_are_progress_however_long_they_take(
    ends: tuple[Console, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    console, device = ends
    monkeypatch.setattr(wait, "MOST_BYTES", 100)
    items = [f"m-item-[{i},{'x' * 60}]" for i in range(20)]
    for line in (*items, "m-ready"):
        device.sendall(f"{line}\r\n".encode())
    monkeypatch.setattr(console.link, "read", lambda timeout: device_bytes(console.link))
    assert console.request("batch 0 20") == items


def device_bytes(link: Link) -> bytes:
    """Small pieces, so that the console counts them one after the other."""
    assert isinstance(link, SocketLink)
    return link._socket.recv(40)


@pytest.mark.parametrize(
    ("command", "said", "slow"),
    [("infer 1 0", b"", True), ("name", b"", False), ("infer 1 0", b"hello\r\n", False)],
)
def test_the_model_is_called_slow_only_where_it_may_be(
    ends: tuple[Console, socket.socket], command: str, said: bytes, slow: bool
) -> None:
    console, device = ends
    device.sendall(said)
    with pytest.raises(LinkError) as error:
        console.request(command)
    assert ("Is the model slow?" in str(error.value)) is slow
    assert ("It did answer, but not as" in str(error.value)) is bool(said)


def test_lines_for_people_are_no_answer(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"thinking\r\nm-one\r\n[7 us] thought\r\nm-ready\r\nhm\r\nm-two\r\n")
    assert console.answer("any") == ["m-one"]
    assert console.read_answer("another line") == "m-two"


@pytest.mark.parametrize(
    ("said", "doors"),
    [
        (b"image 3: ship 0.98\r\n", True),
        (b"image 3: ship 0.98\r\nm-init-done\r\n", False),
        (b"tinyml-hil 1.0 on a board\r\nimage 3: ship\r\n", False),
        (b"\xff\x80abc\r\n\x90\r\n", False),
    ],
    ids=["own words", "protocol", "our banner", "junk"],
)
def test_doors_are_named_for_firmware_that_prints_its_own_words(
    ends: tuple[Console, socket.socket], said: bytes, doors: bool
) -> None:
    console, device = ends
    device.sendall(said)
    with pytest.raises(LinkError) as error:
        console.answer("any")
    message = str(error.value)
    assert ("[printed]" in message and "--door=debugger" in message) is doors
    assert not (doors and "Is the model slow?" in message)


def test_transcript_is_bounded_on_disk_and_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LARGEST_FILE", 1000)
    monkeypatch.setattr(link, "MOST_LINES", 10)
    transcript = Transcript(tmp_path / "uart.log")
    for _ in range(100):
        transcript.received(b"a line\n" + b"\x00" * 10_000 + b"\n")
    written = transcript.path.read_text()
    assert 1000 < len(written) < 2000
    assert written.endswith("# the file is full: what follows is left out\n")
    assert len(transcript.since(0)) == 10
    assert transcript.since(transcript.mark()) == []


def test_closed_link_quotes_the_other_end(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.close()
    with pytest.raises(LinkError, match="QEMU ended: it said nothing"):
        console.request("any")


def test_junk_is_kept_and_does_not_stop_the_parser(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"\xff\x00\x80junk\r\nm-ready\r\n")
    (line,) = console.request("any")
    assert line.endswith("junk")
    assert console.link.transcript.since(0)[-2].endswith(r"< \xff\x00\x80junk")


def test_lines_may_come_in_pieces(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    for piece in (b"o", b"ne\r", b"\nm-re", b"ady\r\n"):
        device.sendall(piece)
    assert console.request("any") == ["one"]


def test_reply_that_was_not_read_is_dropped_before_the_next_command(
    ends: tuple[Console, socket.socket],
) -> None:
    console, device = ends
    device.sendall(b"one\r\ntwo\r\nm-ready\r\nthree\r\nm-ready\r\n")
    assert next(console.stream("first")) == "one"
    assert console.request("second") == ["three"]


def test_resynchronise_drops_whatever_came_before(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"rubbish\r\nm-ready\r\nm-name-dut-[x]\r\nm-ready\r\nnext\r\nm-ready\r\n")
    console.resynchronise()
    assert console.request("any") == ["next"]


def test_transcript_is_on_disk_as_it_happens(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"one\r\nm-ready\r\n")
    console.request("any")
    written = console.link.transcript.path.read_text().splitlines()
    assert [line[10:] for line in written] == ["> any%", "< one", "< m-ready"]


def test_bytes_of_a_tensor_are_one_line_of_the_transcript(
    ends: tuple[Console, socket.socket],
) -> None:
    console, device = ends
    data = bytes(range(256)) * 4
    device.sendall(b"m-tensor-[0,1024,0]\r\n" + data + b"m-ready\r\n")
    console.send("tensor 0")
    assert console.read_line("the header") == "m-tensor-[0,1024,0]"
    assert console.read_bytes(len(data), "the tensor") == data
    assert list(console.reply("tensor 0")) == []
    _, header, content = console.link.transcript.since(0)
    assert header.endswith("< m-tensor-[0,1024,0]")
    assert "\\x00\\x01" in content
    assert content.endswith(" bytes more)")


def test_bytes_that_do_not_come_are_counted(ends: tuple[Console, socket.socket]) -> None:
    console, device = ends
    device.sendall(b"12345")
    with pytest.raises(LinkError, match=r"no answer within 0\.2 s, awaiting 3 bytes of the tensor"):
        console.read_bytes(8, "the tensor")


def _checked(command: str, *lines: str) -> bytes:
    """What a device sends that ends each line with a CRC32."""
    sent, said = command.encode(), b""
    for line in lines:
        sent += line.encode() + b"#"
        check = b"%08x" % zlib.crc32(sent)
        sent += check
        said += line.encode() + b"#" + check + b"\r\n"
    return said


@pytest.fixture
def checking(ends: tuple[Console, socket.socket]) -> tuple[Console, socket.socket]:
    """A console of a device that can check, whose answer to ``%name%`` is there once."""
    console, device = ends
    console.checks = True
    return console, device


_NAMED = b"m-name-dut-[x]\r\nm-ready\r\n"
_OUTPUT = ("m-output-[8080]", "m-ticks-[3]", "m-ready")


def test_checks_are_asked_for_and_taken_off(checking: tuple[Console, socket.socket]) -> None:
    console, device = checking
    device.sendall(_checked("output", *_OUTPUT))
    assert console.request("output") == ["m-output-[8080]", "m-ticks-[3]"]
    assert device.recv(100) == b"output#%"
    assert not console.mishaps


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"8080", b"8081"),
        (b"[3]", b"[33]"),
        (b"m-output", b"-output"),
        (b"m-ticks-[3]", b"m-ticks-[3"),
        (b"\r\nm-ticks", b"\rm-ticks"),
        (b"m-ready", b"m-reaey"),
        (b"m-ready", b"-ready"),
    ],
)
def test_damaged_reply_is_asked_for_again_and_counted(
    checking: tuple[Console, socket.socket], old: bytes, new: bytes
) -> None:
    console, device = checking
    whole = _checked("output", *_OUTPUT)
    damaged = whole.replace(old, new)
    assert damaged != whole
    with _answering(device, [damaged, _NAMED, whole]):
        assert console.request("output") == ["m-output-[8080]", "m-ticks-[3]"]
    assert console.mishaps == {"damaged": 1}
    assert "asking again after: bytes were damaged" in console.link.transcript.last(20)


def test_reply_to_a_command_that_was_damaged_is_damaged(
    checking: tuple[Console, socket.socket],
) -> None:
    console, device = checking
    another = _checked("infer 7", "m-results-[0.5]", "m-ready")
    with _answering(device, [another, _NAMED, _checked("infer 1", "m-results-[0.1]", "m-ready")]):
        assert console.request("infer 1") == ["m-results-[0.1]"]


def test_lost_line_is_noticed_at_the_next_one(checking: tuple[Console, socket.socket]) -> None:
    console, device = checking
    whole = _checked("output", *_OUTPUT)
    first, rest = whole.split(b"\r\n", 1)
    assert first.startswith(b"m-output")
    with _answering(device, [rest, _NAMED, whole]):
        assert len(console.request("output")) == 2
    assert console.mishaps == {"damaged": 1}


def test_command_whose_end_was_lost_is_sent_again(checking: tuple[Console, socket.socket]) -> None:
    console, device = checking
    with _answering(device, [b"", _NAMED, _checked("output", *_OUTPUT)]):
        assert len(console.request("output")) == 2
    assert console.mishaps == {"silent": 1}


def test_reply_that_is_damaged_each_time_is_an_error_that_says_what_to_do(
    checking: tuple[Console, socket.socket],
) -> None:
    console, device = checking
    damaged = _checked("output", *_OUTPUT).replace(b"8080", b"8081")
    with (
        _answering(device, [damaged, _NAMED] * 9),
        pytest.raises(LinkError, match=r"damaged or lost(.|\n)*never came through"),
    ):
        console.request("output")


def test_error_that_came_whole_is_the_device_s(checking: tuple[Console, socket.socket]) -> None:
    console, device = checking
    device.sendall(_checked("output", "e-[No inference yet]", "m-ready"))
    with pytest.raises(DeviceError, match="No inference yet"):
        console.request("output")
    assert not console.mishaps


def _answering(
    device: socket.socket, answers: list[bytes]
) -> contextlib.AbstractContextManager[None]:
    """The device gives these, one for each time that something is sent to it."""

    def answer() -> None:
        for each in answers:
            if device.recv(1000):
                device.sendall(each)

    return _in_a_thread(device, answer)
