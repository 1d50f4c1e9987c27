"""Place keeper: a process that holds a place of labgrid's as long as its standard input is open.

    python -m tinyml_hil.target.place_keeper COORDINATOR PLACE look|hold

PLACE may be an environment file of labgrid's, which describes one; COORDINATOR may be empty. So a
place is free again when its run ends, however that happens. What it has to say are lines of JSON,
each of a kind: ``unreachable``, the coordinator; ``waiting``, and who has the place; ``there`` or
``held``, and the resources of the place and what programs it; ``error``, and why.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from argparse import Namespace
from dataclasses import dataclass
from typing import Any

import grpc
from labgrid import Environment, target_factory
from labgrid.exceptions import InvalidConfigError, NoConfigFoundError
from labgrid.protocol import BootstrapProtocol
from labgrid.remote.client import ClientSession, Error, find_any_role_with_place, start_session

_AGAIN = 1.0
"""Seconds between two looks at a place that somebody else has."""


@dataclass(frozen=True)
class _Wanted:
    """A place, as it was asked for."""

    name: str
    """Or its tags."""
    environment: Environment | None = None
    """That describes it."""
    role: str | None = None
    """What it is called in there."""

    @classmethod
    def understood(cls, word: str) -> _Wanted:
        """What ``--place`` names: a file, a place, or tags."""
        if not word.endswith((".yaml", ".yml")):
            return cls(word)
        environment = Environment(word)
        role, name = find_any_role_with_place(environment.config.get_targets())
        if name is None:
            raise InvalidConfigError(f"{word} describes no target with a RemotePlace")
        return cls(name, environment, role)

    @property
    def coordinator(self) -> str:
        """Where labgrid's own tools look for it."""
        usual = os.environ.get("LG_COORDINATOR", "127.0.0.1:20408")
        if self.environment is None:
            return usual
        return str(self.environment.config.get_option("coordinator_address", usual))

    @property
    def programmed_as(self) -> str | None:
        """The file, if it says what programs the board."""
        if self.environment is None:
            return None
        target = self.environment.config.get_targets()[self.role]
        _, drivers = target_factory.normalize_config(target)
        found = (target_factory.drivers.get(driver, object) for driver in drivers)
        programs = any(issubclass(driver, BootstrapProtocol) for driver in found)
        return str(self.environment.config_file) if programs else None


def main() -> None:
    """Holds a place until its standard input ends."""
    given, word, action = sys.argv[1:]
    # labgrid says what it does in words of its own.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            wanted = _Wanted.understood(word)
            _speak(given or wanted.coordinator, wanted, action == "hold")
        except (Error, OSError, grpc.RpcError, InvalidConfigError, NoConfigFoundError) as error:
            _say("error", why=str(error) or type(error).__name__)


def _speak(coordinator: str, wanted: _Wanted, hold: bool) -> None:
    known = {"env": wanted.environment, "role": wanted.role}
    try:
        session = start_session(coordinator, extra=known)
    except (Error, OSError, grpc.RpcError):
        _say("unreachable", coordinator=coordinator)
        return
    facts = {"coordinator": coordinator, "programmed_as": wanted.programmed_as}
    _run(session, wanted.name, hold, facts)


def _say(kind: str, **facts: Any) -> None:
    print(json.dumps({"kind": kind, **facts}), file=sys.__stdout__, flush=True)


def _run(session: ClientSession, wanted: str, hold: bool, facts: dict[str, Any]) -> None:
    names = _names(session, wanted)
    if not names:
        known = ", ".join(sorted(session.places)) or "none at all"
        _say("error", why=f"no place is {wanted}; there are: {known}")
        return
    if not hold:
        _say("there", places=names)
        return
    ended = session.loop.run_in_executor(None, sys.stdin.read)
    name = _acquired(session, wanted, ended)
    if name is None:
        return
    try:
        resources = _resources(session, name)
        if any("PowerPort" in resource["class"] for resource in resources):
            # Whatever the last user left it in.
            session.args = Namespace(place=name, action="cycle", delay=None, name=None, state=None)
            session.power()
        _say("held", place=name, resources=resources, **facts)
        session.loop.run_until_complete(ended)
    finally:
        session.args = Namespace(place=name, kick=False)
        session.loop.run_until_complete(session.release())


def _names(session: ClientSession, wanted: str) -> list[str]:
    """The places that are meant: the one of that name, or all that have these tags."""
    if "=" not in wanted:
        return [wanted] if wanted in session.places else []
    tags = dict(part.split("=", 1) for part in wanted.split(","))
    return sorted(
        name for name, place in session.places.items() if tags.items() <= place.tags.items()
    )


def _acquired(session: ClientSession, wanted: str, ended: asyncio.Future[str]) -> str | None:
    """Waits for a place that is free, and takes it; its name. None if the run ends meanwhile."""
    told = ""
    while not ended.done():
        session.loop.run_until_complete(session.sync_with_coordinator())
        places = [session.places[name] for name in _names(session, wanted)]
        for place in places:
            if not place.acquired and _takes(session, place.name):
                return str(place.name)
        holders = "; ".join(
            f"{place.name} by {place.acquired} since "
            f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(place.changed))}"
            for place in places
            if place.acquired
        )
        if holders != told:
            told = holders
            _say("waiting", holders=holders)
        session.loop.run_until_complete(asyncio.wait({ended}, timeout=_AGAIN))
    return None


def _takes(session: ClientSession, name: str) -> bool:
    """Whether it is ours now; another may have been quicker."""
    session.args = Namespace(place=name, allow_unmatched=False)
    with contextlib.suppress(Error):
        session.loop.run_until_complete(session.acquire())
        return True
    if session.places[name].acquired:
        return False
    session.loop.run_until_complete(session.acquire())  # says why it cannot be had
    return True


def _resources(session: ClientSession, name: str) -> list[dict[str, Any]]:
    found = session.get_target_resources(session.get_place(name))
    return [{"class": entry.cls, **entry.args} for entry in found.values()]


if __name__ == "__main__":
    main()
