"""Cluster: work that is shared by Dask's workers, wherever they are.

Each batch is given to one worker by name, so that it is known here who had it: what a worker has
that ends, or is silent, is given to others. All that a worker needs comes from here, and never from
another worker, which may be silent.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Self, TypeVar

from tinyml_hil.errors import SetupError
from tinyml_hil.run.cluster_worker import equip, greet, leave, work_on
from tinyml_hil.run.parcel import Parcel, code_version, pack
from tinyml_hil.run.scheduler import Scheduler, Told
from tinyml_hil.run.workers import Work
from tinyml_hil.session import Session

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds to wait for a worker where there is none."""
DEATHS = 3
"""Workers that may end, or be silent, at one batch."""
_LOOK = 1.0
"""Seconds between two looks at which workers there are."""
_LARGEST, _SMALLEST = 32, 4
"""Items of a batch: what may be lost with a worker, and what is worth sending."""
_BATCHES = 64
"""How many there are at least, where there are items enough: the last ones are waited for."""


@dataclass
class _Member:
    """A worker that takes part."""

    address: str
    told: Told
    is_ready: bool = False
    tasks: dict[str, Callable[[Any], list[Any]]] = field(default_factory=dict)
    """What to do with what comes of each of its tasks, by their keys."""
    batches: dict[str, int] = field(default_factory=dict)
    """Those that it has, by their tasks' keys."""


class ClusterWorkers(Generic[T]):
    """A cluster's workers as a ``Crew``."""

    def __init__(self, session: Session, work: Work[T], address: str) -> None:
        """Connects to the scheduler.

        Args:
            session: whose ``check()`` has succeeded.
            work: whichever worker is free takes the next of it.
            address: ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.

        Raises:
            UsageError: the address is none, or what the session needs does not go elsewhere.
            SetupError: no scheduler answers, or distributed is not installed.
        """
        self._parcel = pack(Parcel.of(session, work.inputs))
        self._digest = hashlib.sha256(self._parcel).hexdigest()
        self._work = pickle.dumps(work)
        self._batches = _batches(work)
        self._waiting = deque(range(len(self._batches)))
        self._left = set(self._waiting)
        self._deaths: Counter[int] = Counter()
        self._members: dict[str, _Member] = {}
        self._refused: dict[str, str] = {}
        self.facts: list[dict[str, Any]] = []
        self.revivals: list[str] = []
        self._scheduler = Scheduler(address)
        self._address = address
        self._run = f"{self._digest[:12]}-{time.time_ns()}"
        self._looked, self._manned = 0.0, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            for member in self._members.values():
                if member.is_ready:
                    self._scheduler.leave_behind(member.address, leave, self._run)
        except SetupError:
            pass  # the scheduler is gone, and the devices end by themselves
        finally:
            self._scheduler.close()

    def results(self) -> Iterator[list[T]]:
        """What the work gives as it comes, a batch at a time, each once.

        Raises:
            HilError: what a worker failed with; there is no worker, or no scheduler any more.
        """
        while self._left:
            if found := self._go_on():
                yield found
        self._let_leave()

    def _go_on(self) -> list[T]:
        """Waits for a task to end, but not for ever; what it gave."""
        if time.monotonic() - self._looked >= _LOOK:
            self._look()
        for member in self._members.values():
            self._hand_out(member)
        ended = self._scheduler.ended(_LOOK)
        holder = self._having(ended.key) if ended else None
        if not ended or not holder:
            return []
        act = holder.tasks.pop(ended.key)
        if isinstance(ended.value, TimeoutError):
            self._lose(holder)
            return []
        return act(ended.value)

    def _having(self, key: str) -> _Member | None:
        return next((one for one in self._members.values() if key in one.tasks), None)

    def _look(self) -> None:
        """Takes in workers that came, and lets others do what those had that are gone."""
        self._looked, there = time.monotonic(), self._scheduler.workers()
        for member in [one for one in self._members.values() if one.address not in there]:
            self._lose(member)
        self._refused = {one: why for one, why in self._refused.items() if one in there}
        for address in there.keys() - self._members.keys() - self._refused.keys():
            member = self._members[address] = _Member(address, there[address])
            arguments = code_version(), self._digest, member.told.folder
            self._give(member, self._greeted, greet, *arguments)
        if self._members:
            self._manned = self._looked
        elif self._refused:
            raise SetupError(
                f"no worker of {self._address} can be used: "
                + "; ".join(f"{one}: {why}" for one, why in sorted(self._refused.items()))
            )
        elif self._looked - self._manned > PATIENCE:
            raise SetupError(
                f"there is no worker at {self._address} that answers: start some with dask worker "
                f"{self._address}, as docs/cluster.md says"
            )

    def _give(
        self,
        member: _Member,
        act: Callable[[_Member, Any], list[T]],
        function: Callable[..., Any],
        *arguments: Any,
    ) -> str:
        key = self._scheduler.submit(member.address, function, *arguments)
        member.tasks[key] = partial(act, member)
        return key

    def _greeted(self, member: _Member, said: Any) -> list[T]:
        why = _exception(said) or said.refusal
        if why:
            return self._refuse(member, why)
        content = None if said.has_parcel else self._parcel
        arguments = self._run, self._work, content, self._digest, member.told.folder
        self._give(member, self._equipped, equip, *arguments)
        return []

    def _equipped(self, member: _Member, said: Any) -> list[T]:
        if why := _exception(said) or said:
            return self._refuse(member, why)
        member.is_ready = True
        return []

    def _refuse(self, member: _Member, why: str) -> list[T]:
        print(f"warning: the worker {member.address} is not used: {why}", file=sys.stderr)
        self._refused[member.address] = why
        del self._members[member.address]
        return []

    def _hand_out(self, member: _Member) -> None:
        """Gives a worker what it can do, and one batch more, that it need not wait.

        A batch that a worker had that is lost gets one for itself: which one ends workers is known.
        """
        most = member.told.threads + 1 if member.is_ready else 0
        while self._waiting and len(member.batches) < most:
            held = member.batches.values()
            if held and any(self._deaths[number] for number in (self._waiting[0], *held)):
                return
            number = self._waiting.popleft()
            act = partial(self._worked, number)
            key = self._give(member, act, work_on, self._run, self._batches[number])
            member.batches[key] = number

    def _worked(self, number: int, member: _Member, answer: Any) -> list[T]:
        member.batches = {key: each for key, each in member.batches.items() if each != number}
        if why := _exception(answer):
            raise SetupError(f"the worker {member.address} failed: {why}")
        self.revivals += answer.revivals
        if answer.error:
            answer.error.args = (f"{answer.error} (on the worker {member.address})",)
            raise answer.error
        self._left.discard(number)
        return list(answer.results)

    def _lose(self, member: _Member) -> None:
        """Lets others do what a worker had, unless that ends them all.

        Raises:
            SetupError: it does.
        """
        del self._members[member.address]
        for key in member.tasks:
            self._scheduler.drop(key)
        numbers = list(member.batches.values())
        self._waiting.extendleft(reversed(numbers))
        for number in numbers:
            self._deaths[number] += 1
            if self._deaths[number] >= DEATHS:
                items = ", ".join(map(str, self._batches[number]))
                raise SetupError(
                    f"{DEATHS} workers ended or fell silent, one after the other, at the same "
                    f"batch: {items}; what they say themselves is where they were started"
                )

    def _let_leave(self) -> None:
        """Ends the devices, and hears what they tell of themselves."""
        for member in self._members.values():
            if member.is_ready:
                self._give(member, self._left_us, leave, self._run)
                member.is_ready = False
        until = time.monotonic() + PATIENCE
        while any(member.tasks for member in self._members.values()):
            if time.monotonic() > until:
                return
            self._go_on()

    def _left_us(self, member: _Member, facts: Any) -> list[T]:
        self.facts += [] if _exception(facts) else facts
        return []


def _batches(work: Work[Any]) -> list[list[int]]:
    """Items that go together, those that follow one another."""
    wanted = min(_LARGEST, max(_SMALLEST, len(work.items) // _BATCHES))
    size = max(1, wanted // work.together) * work.together
    return [list(work.items[at : at + size]) for at in range(0, len(work.items), size)]


def _exception(value: Any) -> str:
    """What went wrong in a task itself; empty if nothing did."""
    if not isinstance(value, BaseException):
        return ""
    return f"{type(value).__name__}: {value}"
