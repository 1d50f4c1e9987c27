"""Workers: several devices at once, each with its reference in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from tinyml_hil.device import Device
from tinyml_hil.errors import HilError, SetupError
from tinyml_hil.process import end_as_at_ctrl_c, serve_parent, starting_a_child
from tinyml_hil.project import Project
from tinyml_hil.record import InputRecord
from tinyml_hil.run.ongoing_run import device_facts
from tinyml_hil.session import Options, Session

T = TypeVar("T", covariant=True)
R = TypeVar("R")
_END_TIMEOUT = 10.0
"""Seconds in which a worker that is told to end has to stop its device."""
_SPAWN = multiprocessing.get_context("spawn")


class Work(Protocol[T]):
    """What workers do with a session's device; it is sent to each of them."""

    @property
    def items(self) -> Sequence[int]:
        """What is to be done, by number."""

    @property
    def together(self) -> int:
        """How many that follow one another a worker takes at once."""

    @property
    def inputs(self) -> Iterable[int]:
        """The inputs of the session's dataset that it takes."""

    def begin(self, session: Session, device: Device) -> Callable[[Iterator[int]], Iterator[T]]:
        """Makes a device ready; what is returned does items on it, as often as it is called.

        It raises HilError if that cannot be; what a call gives is sure when it has ended.
        """


class Crew(Protocol[R]):
    """Whoever does work; a context manager that leaves no device behind."""

    facts: list[dict[str, Any]]
    """What the devices told of themselves; see ``device_facts``."""
    revivals: list[str]
    """Why devices went away that were started again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def results(self) -> Iterator[list[R]]:
        """What the work gives as it comes, what is there at the same time together.

        Raises:
            HilError: what a worker failed with.
        """


@dataclass(frozen=True)
class Inference:
    """Images of the session's dataset, on the device and on the host."""

    items: Sequence[int]
    together: int
    """The model's batch."""

    @classmethod
    def of_what_is_left(cls, session: Session, records: Iterable[InputRecord]) -> Inference:
        """Of the inputs that have no record yet."""
        done = {record.index for record in records}
        left = [index for index in range(len(session.dataset)) if index not in done]
        return cls(left, session.model.batch)

    @property
    def inputs(self) -> Iterable[int]:
        """All that are in one batch of the model's with an item."""
        size = self.together
        return sorted({i - i % size + k for i in self.items for k in range(size)})

    def begin(
        self, session: Session, device: Device
    ) -> Callable[[Iterator[int]], Iterator[InputRecord]]:
        """A record an image."""
        return session.evaluation(device).run


@dataclass(frozen=True)
class _Result:
    """Tells what work gives from what else a worker says."""

    value: Any


class Workers(Generic[T]):
    """A ``Crew`` of processes on this machine, each with a device of its own."""

    def __init__(self, session: Session, work: Work[T], count: int, transcripts: Path) -> None:
        """Starts nothing yet.

        Args:
            session: whose ``check()`` has succeeded.
            work: whichever worker is free takes the next of it.
            count: how many workers, at least one; of devices that share the inputs, one each.
            transcripts: folder for what is said over the links.
        """
        # The firmware is built and the reference chosen already; workers need not do it again.
        elf, reference = session.firmware.elf, session.reference_choice.name
        sharers = [
            replace(each.options.of_built(elf), reference=reference) for each in session.sharers
        ]
        # Kept: it would vanish before the workers have opened it.
        with starting_a_child():
            self._taken = _SPAWN.Value("q", 0)
        self.connections: list[Connection] = []
        """Those of the workers that have not done all."""
        self._processes: list[tuple[SpawnProcess, Connection]] = []
        for number, options in zip(range(count), cycle(sharers), strict=False):
            ours, theirs = _SPAWN.Pipe(duplex=False)
            transcript = transcripts / f"worker{number}.log"
            arguments = (
                *(theirs, options, session.project, work),
                *(self._taken, transcript, os.getpid()),
            )
            self._processes.append((_SPAWN.Process(target=_work, args=arguments), theirs))
            self.connections.append(ours)
        self.facts: list[dict[str, Any]] = []
        """What the devices told of themselves; see ``device_facts``."""
        self.revivals: list[str] = []
        """Why devices went away that were started again."""

    def __enter__(self) -> Self:
        for process, theirs in self._processes:
            with starting_a_child():
                process.start()
            theirs.close()  # so that a worker's end closes its connection
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if kind is not None:  # else they are ending by themselves
            self.stop()
        for process in self._started:
            process.join(_END_TIMEOUT)
            process.kill()

    def stop(self) -> None:
        """Lets all workers end before their work does; nobody hears of them any more."""
        self.connections.clear()
        for process in self._started:
            process.terminate()

    @property
    def _started(self) -> list[SpawnProcess]:
        return [process for process, _ in self._processes if process.pid]

    def results(self) -> Iterator[list[T]]:
        """What the work gives as it comes, what is there at the same time together.

        Raises:
            HilError: what a worker failed with.
        """
        while self.connections:
            if found := self.receive(wait(self.connections)):
                yield found

    def receive(self, ready: Collection[object]) -> list[T]:
        """What workers gave whose ``connections`` are ready; as ``results``."""
        mine = [connection for connection in self.connections if connection in ready]
        return [result for connection in mine for result in self._receive(connection)]

    def _receive(self, connection: Connection) -> list[T]:
        found: list[T] = []
        while connection.poll():
            try:
                message = connection.recv()
            except EOFError as error:
                raise SetupError(
                    "a worker ended before its work did; is there memory enough?"
                ) from error
            if isinstance(message, _Result):
                found.append(message.value)
            elif isinstance(message, HilError):
                raise message
            elif isinstance(message, str):
                self.revivals.append(message)
            elif message is None:
                self.connections.remove(connection)
                break
            else:
                self.facts.append(message)
        return found


def _work(
    results: Connection,
    options: Options,
    project: Project,
    work: Work[Any],
    taken: Any,
    transcript: Path,
    parent: int,
) -> None:
    """A worker: sends results, what its device told, and None when there is nothing left to do."""
    session = Session(options, project)
    try:
        # The parent's SIGTERM may come at any place, even while an error is sent to it; and it may
        # be gone.
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            end_as_at_ctrl_c()
            serve_parent(parent)
            results.send(_outcome(results, session, transcript, work, taken))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending
        session.close()


def _outcome(
    results: Connection, session: Session, transcript: Path, work: Work[Any], taken: Any
) -> HilError | None:
    """Sends what the work and the device give; then returns what went wrong, if anything did."""
    try:
        with session.device(transcript) as device:
            try:
                for result in work.begin(session, device)(_untaken(work, taken)):
                    results.send(_Result(result))
            finally:
                for revival in device.revivals:
                    results.send(revival)
            results.send(device_facts(device, session))
    except HilError as error:
        return error
    return None


def _untaken(work: Work[Any], taken: Any) -> Iterator[int]:
    """Takes the next items until all are taken by one worker or another."""
    items, together = work.items, work.together
    while True:
        with taken.get_lock():
            position = taken.value
            taken.value += together
        if position >= len(items):
            return
        yield from items[position : position + together]
