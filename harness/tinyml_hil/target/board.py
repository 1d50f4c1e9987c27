"""A real board: a serial port, and something to program it with."""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version
from pathlib import Path

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from tinyml_hil.build import Firmware, Platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target.base import MemoryLane, ProgrammedTarget, TargetOptions
from tinyml_hil.target.board_debugger import START_ONE, BoardDebugger
from tinyml_hil.target.debugger import Debugger
from tinyml_hil.target.flash import Flasher, Job, choose_flasher
from tinyml_hil.target.link import HoldingLink, Link, SocketLink, Transcript
from tinyml_hil.target.mailbox import Mailbox, MailboxLink
from tinyml_hil.target.place import Place, PlaceWish, connect

WRITE_TIMEOUT = 60.0
"""Seconds in which the port has to take what is written; 3 KB take 3.4 s at 9600 baud."""


_HEARD = 200
"""Bytes that are looked at to tell whether the other end speaks at the same baud rate."""
_SHOWN_LINES = 6
_TEXT = bytes(range(0x20, 0x7F)) + b"\r\n"


class SerialLink(Link):
    """A link over a serial port, 8N1, without flow control."""

    def __init__(self, port: str, baud: int, transcript: Transcript) -> None:
        """Opens the port, for this process alone.

        Raises:
            LinkError: it is not there, taken, or not permitted.
        """
        self.transcript = transcript
        self._heard = b""
        try:
            self._port = _opened(port, baud)
        except (OSError, ValueError) as error:
            raise LinkError(_cannot_open(port, error)) from error

    def read(self, timeout: float) -> bytes:
        try:
            # One byte is awaited; what has come with it is taken too.
            self._port.timeout = max(timeout, 0.0)
            data: bytes = self._port.read(1)
            data += self._port.read(self._port.in_waiting) if data else b""
        except OSError as error:
            raise self._lost(error) from error
        if data:
            self._heard = (self._heard + data)[-_HEARD:]
            self.transcript.received(data)
        return data

    def write(self, data: bytes) -> None:
        self.transcript.sent(data)
        try:
            self._port.write(data)
        except OSError as error:
            raise self._lost(error) from error

    def fileno(self) -> int:
        return int(self._port.fileno())

    def close(self) -> None:
        self._port.close()

    def why_silent(self) -> str:
        if not self._heard:
            return (
                f"Nothing at all came from {self._port.port}: has the board power, is this its "
                "port, and has a second core no stale image (at 0x08100000 on an STM32H747) that "
                "holds it up? Press its reset button, or program it with --flash"
            )
        if sum(byte in _TEXT for byte in self._heard) < len(self._heard) / 2:
            return f"What comes is no text: is --baud {self._port.baudrate} the firmware's own?"
        return super().why_silent()

    def _lost(self, error: OSError) -> LinkError:
        return LinkError(
            f"{self._port.port} went away ({error}): was the cable pulled, or the board unplugged? "
            "Plug it in again and look for its port with: tinyml-hil ports"
        )


def _opened(port: str, baud: int) -> serial.Serial:
    if "://" in port:  # behind a network; nobody else's while its place is held
        return serial.serial_for_url(port, baud, timeout=0)
    return serial.Serial(port, baud, timeout=0, write_timeout=WRITE_TIMEOUT, exclusive=True)


def _cannot_open(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        group = "" if sys.platform != "linux" else ": sudo usermod -a -G dialout $USER, then log in"
        return f"no permission to open {port}{group}"
    if number in (errno.EAGAIN, errno.EBUSY):
        return f"{port} is taken by another program; close it (a terminal, another test run?)"
    if number == errno.ENOENT:
        return f"there is no port {port}; list what there is with: tinyml-hil ports"
    return f"cannot open {port}: {error}"


class BoardTarget(ProgrammedTarget):
    """A board on a serial port, which keeps its firmware over resets."""

    name = "board"
    default_platform = "stm32h747i-disco"

    @classmethod
    def check(cls, options: TargetOptions) -> str:
        return f"pyserial {version('pyserial')}"

    @classmethod
    def locate(cls, platform: Platform, options: TargetOptions) -> None:
        if options.place:
            Place.look_for(_wish(options))
            return
        if options.debugger and not (options.port or platform.usb_ids):
            return  # nothing says that it has a serial port, and the debugger may do for it
        port = options.port or find_port(platform, options.probe)
        if not Path(port).exists():
            raise LinkError(_cannot_open(port, FileNotFoundError(errno.ENOENT, "")))
        if not os.access(port, os.R_OK | os.W_OK):
            raise LinkError(_cannot_open(port, PermissionError(errno.EACCES, "")))

    @classmethod
    def has_lane(cls, platform: Platform) -> bool:
        return False  # only a debug probe could write it

    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        self._platform = platform
        self._transcript = transcript
        self._options = options
        self._link: Link | None = None
        self._place: Place | None = None
        self._debugger: BoardDebugger | None = None

    @property
    def lane(self) -> MemoryLane | None:
        return None

    def start(self, elf: Path) -> Link:
        if mailbox := Mailbox.of(elf):
            self._hold_place()
            self._link = MailboxLink(self._held(elf), elf, mailbox, self._transcript)
            return self._link
        return self._open_port()

    def _open_port(self) -> Link:
        port = self._port()
        self._link = self._open(port)
        self._transcript.note(f"{port} at {self._options.baud} baud")
        return self._link

    def _port(self) -> str:
        if place := self._hold_place():
            return place.port
        return self._options.port or find_port(self._platform, self._options.probe)

    def _hold_place(self) -> Place | None:
        """The place that it is at, held from now on; None if it is here."""
        if self._options.place:
            self._place = Place(_wish(self._options))
            self._transcript.note(f"the place {self._place.name} of labgrid's is held")
        return self._place

    def _open(self, port: str) -> Link:
        if not port.startswith("socket://"):
            return SerialLink(port, self._options.baud, self._transcript)
        gone = f"{port} went away: does the exporter run, and is the board plugged in there?"
        return SocketLink(connect(port), self._transcript, lambda: gone)

    @classmethod
    def can_debug(cls, options: TargetOptions) -> bool:
        return options.debugger is not None

    def debug(self, elf: Path) -> tuple[HoldingLink, Debugger]:
        """As ``Target.debug``: connects to the probe's server, and resets the board.

        Raises:
            UsageError: the board does not hold ``elf``, and is not to be programmed.
        """
        self._require_debugger()
        link = HoldingLink(self._open_port())
        return link, self._held(elf)

    def _require_debugger(self) -> None:
        if not self._options.debugger:
            raise SetupError(f"the board has no debugger that is known of: {START_ONE}")

    def _held(self, elf: Path) -> BoardDebugger:
        """The debugger of the board, which holds ``elf`` and stands at its reset.

        Raises:
            SetupError, LinkError, UsageError: as ``debug``.
        """
        self._require_debugger()
        debugger = self._connect()
        if debugger.where_it_differs(elf) is not None and self.may_program:
            debugger.close()  # the probe is the programmer's meanwhile
            self._debugger = None
            self.program(elf)
            debugger = self._connect()
        if (address := debugger.where_it_differs(elf)) is not None:
            why = "it was not programmed with it" if self.may_program else "see --flash"
            raise UsageError(
                f"the board does not hold {elf}: its memory differs at 0x{address:08x}; {why}"
            )
        debugger.reset()
        return debugger

    def _connect(self) -> BoardDebugger:
        assert self._options.debugger
        self._debugger = BoardDebugger(self._options.debugger)
        self._transcript.note(f"debugged by {self._debugger.name}")
        return self._debugger

    def stop(self) -> None:
        if self._debugger:
            self._debugger.close()
            self._debugger = None
        if self._link:
            self._link.close()
            self._link = None
        if self._place:
            self._place.release()
            self._place = None

    @property
    def boots(self) -> bool:
        return self._debugger is not None

    @property
    def may_program(self) -> bool:
        if self._is_programmed_elsewhere:
            return self._flasher_there is not None
        return self._options.flash != "none"

    @property
    def _is_programmed_elsewhere(self) -> bool:
        """Whether by what its place has: what is here must not take another board for it."""
        return bool(self._options.place) and self._options.flash == "auto"

    @property
    def _flasher_there(self) -> Flasher | None:
        return self._place.flasher(self._platform) if self._place else None

    def program(self, elf: Path) -> None:
        job = Job(elf, self._platform, self._options.probe, self._options.volume)
        elsewhere = self._is_programmed_elsewhere
        flasher = self._flasher_there if elsewhere else choose_flasher(self._options.flash, job)
        if flasher is None:
            why = self._link.why_silent() if self._link else ""
            raise UsageError(
                f"the board does not run {elf}, and with --flash=none it is not programmed. "
                f"{why or self._what_was_said()}"
            )
        require_declared(Firmware(elf), self._platform)
        self._transcript.note(f"programming {elf} by {flasher.name}")
        flasher.program(job)

    def _what_was_said(self) -> str:
        return f"What was said:\n{self._transcript.last(_SHOWN_LINES)}"


def _wish(options: TargetOptions) -> PlaceWish:
    assert options.place
    return PlaceWish(options.place, options.coordinator, options.place_wait)


def find_port(platform: Platform, probe: str | None) -> str:
    """The serial port of the platform's debug probe.

    Raises:
        SetupError: there is none.
        UsageError: there are several, and ``probe`` does not say which.
    """
    ports = [p for p in list_ports.comports() if _usb_id(p) in platform.usb_ids]
    wanted = [p for p in ports if probe in (None, p.serial_number)]
    if len(wanted) == 1:
        return str(wanted[0].device)
    listed = "".join(f"\n  {p.device}: probe {p.serial_number}, {p.description}" for p in ports)
    if len(wanted) > 1:
        raise UsageError(f"several boards are attached; choose one with --probe:{listed}")
    which = f"with the probe {probe} " if probe else ""
    raise SetupError(
        f"no {platform.name} {which}is attached (USB {', '.join(platform.usb_ids) or 'unknown'})"
        f"{'; there are:' + listed if ports else ''}; name its serial port with --port, or, if it "
        "has none, the GDB server of its probe with --debugger"
    )


def _usb_id(port: ListPortInfo) -> str:
    return f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else ""


def require_declared(firmware: Firmware, platform: Platform) -> None:
    """Refuses an image that the board must not be programmed with.

    Raises:
        UsageError: the image does not declare what the platform asks for.
    """
    if platform.declares and platform.declares not in firmware.declaration:
        raise UsageError(
            f"{firmware.elf} declares {firmware.declaration or 'nothing'!r} in its section "
            f".board, but {platform.name} may only be programmed with {platform.declares!r}: "
            "another supply configuration locks the chip up until it is recovered with BOOT0 "
            "(UM2411 Rev 7, 6.2.3)"
        )
