"""Cluster worker: what a worker of Dask's does for a run, on devices that stay warm meanwhile.

The functions are tasks, each called in one of the threads of the worker's process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyml_hil.errors import HilError, SetupError
from tinyml_hil.record import TRANSCRIPTS
from tinyml_hil.run.ongoing_run import device_facts
from tinyml_hil.run.parcel import Parcel, code_version, unpacked
from tinyml_hil.run.workers import Work

IDLE = 60.0
"""Seconds after which a device ends that no batch has come for: its run may have been killed."""
_PARCEL = "parcel"
_KEPT = 4
"""Parcels that a worker keeps for runs to come."""


@dataclass(frozen=True)
class Greeting:
    """What a worker is."""

    refusal: str
    """Why it cannot be used, as the end of a sentence; empty if it can."""
    has_parcel: bool
    """Whether it was given that before."""


@dataclass(frozen=True)
class Answer:
    """What became of a batch."""

    results: list[Any] = field(default_factory=list)
    revivals: list[str] = field(default_factory=list)
    error: HilError | None = None


def greet(code: str, digest: str, folder: str) -> Greeting:
    """What the worker is.

    Args:
        code: the ``code_version`` of the machine that asks.
        digest: of the run's parcel.
        folder: the worker's own.
    """
    if code_version() != code:
        return Greeting(f"it has tinyml-hil {code_version()} instead of {code}", False)
    if multiprocessing.current_process().daemon:
        return Greeting("it may start no processes: start it with --no-nanny", False)
    return Greeting("", (_place(folder, digest) / _PARCEL).is_file())


def equip(run: str, work: bytes, content: bytes | None, digest: str, folder: str) -> str:
    """Gets ready for a run; why that cannot be, as of ``Greeting.refusal``.

    Args:
        run: its name.
        work: what is to be done, pickled.
        content: the parcel; None if it was given before.
        digest, folder: as of ``greet``.
    """
    try:
        place = _place(folder, digest)
        _unpack(content, place)
        _POSTS[run] = _Post(place, pickle.loads(work))
    except HilError as error:
        return str(error)
    return ""


def work_on(run: str, items: list[int]) -> Answer:
    """Does a batch of a run; gives results only if it was done to its end."""
    post = _POSTS.get(run)
    if post is None:
        return Answer(error=SetupError("it was told to leave"))
    return post.work_on(items)


def leave(run: str) -> list[dict[str, Any]]:
    """Ends the devices of a run; what they tell of themselves."""
    post = _POSTS.pop(run, None)
    return post.leave() if post else []


def _place(folder: str, digest: str) -> Path:
    return Path(folder) / "tinyml-hil" / digest


def _unpack(content: bytes | None, place: Path) -> None:
    """Lets a parcel and its files be in ``place``.

    Raises:
        SetupError: it does not fit this machine.
        HilError: something that it needs is not installed.
    """
    with _UNPACKING:
        if content is not None:
            _make_room(place.parent)
            place.mkdir(parents=True, exist_ok=True)
            unpacked(content).write(place)
            (place / "coming").write_bytes(content)
            (place / "coming").rename(place / _PARCEL)
        parcel = _parcel_in(place)
        if misfit := parcel.misfit(parcel.session(place)):
            raise SetupError(f"it has {misfit}")


def _parcel_in(place: Path) -> Parcel:
    return unpacked((place / _PARCEL).read_bytes())


def _make_room(folder: Path) -> None:
    """Forgets parcels, the oldest first, but those of runs that are under way."""
    used = {post.place for post in _POSTS.values()}
    there = sorted(folder.glob("*"), key=lambda place: place.stat().st_mtime)
    for place in there[: 1 - _KEPT]:
        if place not in used:
            shutil.rmtree(place, ignore_errors=True)


class _Seat:
    """A device that was started for a run, and what runs on it."""

    def __init__(self, place: Path, work: Work[Any], transcript: Path) -> None:
        self.session = _parcel_in(place).session(place)
        with contextlib.ExitStack() as stack:
            stack.callback(self.session.close)
            self.device = stack.enter_context(self.session.device(transcript))
            self.run: Callable[[Iterator[int]], Iterator[Any]]
            self.run = work.begin(self.session, self.device)
            self._stack = stack.pop_all()
        self._expiry: threading.Timer | None = None

    def expire(self, act: Callable[[_Seat], None]) -> None:
        """Has something done with it unless it is kept before."""
        self._expiry = threading.Timer(IDLE, act, (self,))
        self._expiry.daemon = True
        self._expiry.start()

    def keep(self) -> None:
        """Takes back that it expires."""
        if self._expiry:
            self._expiry.cancel()

    def close(self) -> None:
        """Ends the device."""
        self.keep()
        self._stack.close()


class _Post:
    """A run's devices in this process: as many as it has had batches of at once."""

    def __init__(self, place: Path, work: Work[Any]) -> None:
        self.place = place
        self._work = work
        self._lock = threading.Lock()
        self._free: list[_Seat] = []
        self._started = 0
        self._has_left = False

    def work_on(self, items: list[int]) -> Answer:
        """Does a batch on a device that is free, or on another one."""
        try:
            seat = self._take()
        except HilError as error:
            return Answer(error=error)
        known = len(seat.device.revivals)
        try:
            answer = Answer(list(seat.run(iter(items))), seat.device.revivals[known:])
        except HilError as error:
            seat.close()
            return Answer([], seat.device.revivals[known:], error)
        except BaseException:
            seat.close()
            raise
        self._give_back(seat)
        return answer

    def leave(self) -> list[dict[str, Any]]:
        """Ends the devices; one that is busy ends after its batch."""
        with self._lock:
            self._has_left = True
            free, self._free = self._free, []
        facts = []
        for seat in free:
            with contextlib.suppress(HilError):
                facts.append(device_facts(seat.device, seat.session))
            seat.close()
        return facts

    def _take(self) -> _Seat:
        with self._lock:
            if self._free:
                seat = self._free.pop()
                seat.keep()
                return seat
            self._started += 1
            transcript = self.place / TRANSCRIPTS / f"{id(self)}-{self._started}.log"
        return _Seat(self.place, self._work, transcript)

    def _give_back(self, seat: _Seat) -> None:
        with self._lock:
            if not self._has_left:
                seat.expire(self._end)
                self._free.append(seat)
                return
        seat.close()

    def _end(self, seat: _Seat) -> None:
        with self._lock:
            if seat not in self._free:
                return  # it was taken just now
            self._free.remove(seat)
        seat.close()


_POSTS: dict[str, _Post] = {}
"""By the names of their runs, in a worker's process."""
_UNPACKING = threading.Lock()
