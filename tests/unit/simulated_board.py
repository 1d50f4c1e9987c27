"""A board on a serial port, played by a simulator behind a pty, with a volume to copy to.

Firmware runs for real; what is played is the cable, the probe's mass storage volume, and what goes
wrong with them.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import threading
import time
import tty
from dataclasses import replace
from pathlib import Path
from typing import Self

from fixtures import places
from tests.changed_firmware import replace_once
from tests.unit.noise import Noise
from tinyml_hil.build import Platform, load_platform
from tinyml_hil.errors import LinkError
from tinyml_hil.project import Project
from tinyml_hil.target import Link, TargetOptions, Transcript, target_class

FAILURE = "FAIL.TXT"


def platform() -> Platform:
    """The MPS2 as a board with a debug probe of its own."""
    return replace(
        load_platform("mps2-an500"),
        targets=("board",),
        usb_ids=("0483:374e",),
        volumes=("SIMULATED",),
    )


def the_mps2_as_a_board(folder: Path) -> Path:
    """A user's own platform, in ``folder``, for what runs on such a board."""
    platform = folder / "mps2"
    shutil.copytree(load_platform("mps2-an500").folder, platform)
    replace_once(platform / "platform.toml", 'targets = ["qemu"]', 'targets = ["board"]')
    return platform


def a_platform(folder: Path, *further: str) -> Path:
    """A user's own board that is like no other; ``further``: lines of its platform.toml."""
    folder.mkdir()
    lines = (f'description = "{folder.name}"', 'targets = ["board"]', "arena = 1", *further)
    (folder / "platform.toml").write_text("\n".join(lines))
    return folder


class SimulatedBoard:
    """Runs an ELF, or nothing until a .bin is copied onto its volume: then the ELF beside it."""

    def __init__(self, folder: Path, elf: Path | None, simulator: str = "qemu") -> None:
        """``folder``: for the volume and the simulator's own transcript."""
        self.volume = folder / "SIMULATED"
        self.volume.mkdir()
        self.next_elf: Path | None = None
        """What is really programmed when a .bin comes."""
        self.refuse_with: str | None = None
        """What FAIL.TXT is to say."""
        self.programmed = 0
        self.junk = b""
        """Bytes that the cable puts before everything that the board says, once."""
        self.noise = Noise()
        """Of the cable, both ways."""
        self.seconds_per_byte = 0.0
        self.samples_per_bit = 1.0
        """How many bits of the host's baud rate one bit of the board's takes."""
        self._unheard = b""
        self.deaf = False
        """Whether what is sent to the board gets lost."""
        self.lost_boots = 0
        """After how many programmings to come nothing that the board says arrives."""
        self._mute = False
        self._elf = elf
        self._transcript = Transcript(folder / "simulator.log")
        chosen = target_class(simulator, Project(folder))
        platform = load_platform(chosen.default_platform)
        self._simulator = chosen(platform, self._transcript, TargetOptions(cache=places.BUILD))
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._link: Link | None = self._simulator.start(self._elf) if self._elf else None
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.unplug()
        self._simulator.stop()
        self._transcript.close()

    def unplug(self) -> None:
        """Pulls the cable."""
        self._stop.set()
        self._thread.join()
        for descriptor in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def restart(self) -> None:
        """Takes the power away for a moment."""
        self._simulator.stop()
        self._link = self._simulator.start(self._elf) if self._elf else None

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._take_image()
            self._to_board()
            self._from_board()

    def _take_image(self) -> None:
        for image in self.volume.glob("*.bin"):
            time.sleep(0.3)  # until it is written
            if self.refuse_with:
                # A volume comes back with both changes at once: no moment without either file.
                (self.volume / FAILURE).write_text(self.refuse_with)
                image.unlink()
                continue
            self.programmed += 1
            self._elf = self.next_elf
            self._mute = self.lost_boots > 0
            self.lost_boots -= 1
            self.restart()
            image.unlink()  # the volume says so when it is done

    def _to_board(self) -> None:
        if select.select([self._master], [], [], 0.002)[0]:
            data = os.read(self._master, 4096)
            if self._link and not self.deaf:
                self._link.write(self.noise.disturb(data))

    def _from_board(self) -> None:
        if self._link is None:
            return
        try:
            data = self._link.read(0.002)
        except LinkError:
            self._link = None
            return
        if data and not self._mute:
            data, self.junk = self.junk + data, b""
            if self.samples_per_bit != 1:
                data = self._heard(data)
            self._deliver(self.noise.disturb(data))

    def _heard(self, data: bytes) -> bytes:
        """What comes in small pieces is kept until there is something to hear of it."""
        self._unheard += data
        heard = heard_at_another_speed(self._unheard, self.samples_per_bit)
        if heard:
            self._unheard = b""
        return heard

    def _deliver(self, data: bytes) -> None:
        step = 1 if self.seconds_per_byte else max(1, len(data))
        for start in range(0, len(data), step):
            os.write(self._master, data[start : start + step])
            time.sleep(self.seconds_per_byte)


def heard_at_another_speed(data: bytes, samples_per_bit: float) -> bytes:
    """What a receiver makes of ``data`` whose bits are shorter or longer than those of the sender.

    A byte is a start bit, 0, eight bits from the lowest on, and a stop bit, 1 (8N1). The receiver
    waits for a 0, and looks at the middle of each of the eight bits after it.
    """
    sent = [bit for byte in data for bit in (0, *(byte >> i & 1 for i in range(8)), 1)]
    line = [sent[int(i / samples_per_bit)] for i in range(int(len(sent) * samples_per_bit))]
    heard = bytearray()
    while 0 in line:
        del line[: line.index(0)]
        frame, line = line[:10], line[10:]
        heard.append(sum(bit << i for i, bit in enumerate(frame[1:9])))
    return bytes(heard)
