"""Place: a board that labgrid lends, held while it is in use."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from tinyml_hil.build import Platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target.flash.labgrid import PROBE, Labgrid
from tinyml_hil.target.flash.openocd import config_of

_ANSWER = 60.0
"""Seconds in which the keeper of a place has connected to the coordinator."""
_RELEASE = 30.0
"""Seconds in which it has given a place back."""


@dataclass(frozen=True)
class PlaceWish:
    """Which place is wanted."""

    name: str
    """Of the place; or the tags that it has to have, ``board=h747,rack=2``; or the environment file
    of labgrid's that describes it, ``lab.yaml``.
    """
    coordinator: str | None
    """HOST:PORT; None for what labgrid's own environment says, file or variable."""
    patience: float
    """Seconds to wait for it while others have it."""


class Place:
    """A place that is held, by a process that gives it back when this one ends, however it does."""

    def __init__(self, wish: PlaceWish) -> None:
        """Waits until the place is free.

        Raises:
            UsageError: there is none like that.
            SetupError: labgrid is not installed, or its coordinator cannot be reached.
            LinkError: others had it all the time.
        """
        self._keeper = _Keeper(wish, "hold")
        try:
            said = self._keeper.await_place()
        except BaseException:
            self._keeper.end()
            raise
        self.name: str = said["place"]
        self._coordinator: str = said["coordinator"]
        self._programmed_as: str | None = said["programmed_as"]
        self._resources: list[dict[str, Any]] = said["resources"]

    @staticmethod
    def look_for(wish: PlaceWish) -> None:
        """Finds out whether there is such a place, without taking it; raises as the place would."""
        keeper = _Keeper(wish, "look")
        try:
            keeper.await_place()
        finally:
            keeper.end()

    @property
    def port(self) -> str:
        """URL of its serial port: ``socket://HOST:PORT`` or ``rfc2217://HOST:PORT``.

        Raises:
            SetupError: it has none that the network reaches.
        """
        for resource in self._resources:
            if resource["class"] == "NetworkSerialPort":
                scheme = "socket" if resource.get("protocol") == "raw" else "rfc2217"
                return f"{scheme}://{resource['host']}:{resource['port']}"
        had = ", ".join(str(resource["class"]) for resource in self._resources) or "nothing"
        raise SetupError(
            f"the place {self.name} has no serial port that the network reaches; it has: {had}. "
            "An exporter gives a USBSerialPort as a NetworkSerialPort if ser2net is installed there"
        )

    def flasher(self, platform: Platform) -> Labgrid | None:
        """What programs the board at it: what its file says, or OpenOCD where it has a probe."""
        if self._programmed_as:
            return Labgrid(self.name, self._coordinator, self._programmed_as)
        has_probe = any(resource["class"] == PROBE for resource in self._resources)
        if not (has_probe and config_of(platform).is_file()):
            return None
        return Labgrid(self.name, self._coordinator)

    def release(self) -> None:
        """Gives it back."""
        self._keeper.end()


class _Keeper:
    """The process that speaks to labgrid: gRPC has threads of its own, and must not be forked."""

    def __init__(self, wish: PlaceWish, action: str) -> None:
        if find_spec("labgrid") is None:
            raise SetupError("--place needs labgrid: pip install 'tinyml-hil[labgrid]'")
        self._wish = wish
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tinyml_hil.target.place_keeper"),
                *(wish.coordinator or "", wish.name, action),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # what is read ahead of a line would not be awaited
            env=os.environ | {"GRPC_ENABLE_FORK_SUPPORT": "0"},
            # Ctrl-C is for us; it gives the place back when we end.
            start_new_session=True,
        )

    def await_place(self) -> dict[str, Any]:
        """What it says when it has done what it was to do."""
        deadline = time.monotonic() + _ANSWER
        holders = ""
        while (said := self._next(deadline)) is not None:
            match said["kind"]:
                case "unreachable":
                    raise SetupError(
                        f"no coordinator of labgrid's answers at {said['coordinator']}: start it "
                        "with labgrid-coordinator, or say where it is with --coordinator or "
                        "LG_COORDINATOR"
                    )
                case "error":
                    raise UsageError(f"labgrid: {said['why']}")
                case "waiting":
                    if not holders:
                        deadline = time.monotonic() + self._wish.patience
                    holders = said["holders"]
                    print(f"waiting for {self._wish.name}: {holders}", file=sys.stderr)
                case _:
                    return said
        if holders:
            raise LinkError(
                f"{self._wish.name} was not free within {self._wish.patience:g} s: {holders}. "
                "Wait longer with --place-wait, or ask them"
            )
        raise SetupError(
            f"what speaks to labgrid for us ended, or said nothing for {_ANSWER:g} s: does "
            f"'{sys.executable} -m labgrid.remote.client places' answer?"
        )

    def _next(self, deadline: float) -> dict[str, Any] | None:
        """The next line; None if none comes until then, or it has ended."""
        assert self._process.stdout
        left = max(deadline - time.monotonic(), 0.0)
        if not select.select([self._process.stdout], [], [], left)[0]:
            return None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else None

    def end(self) -> None:
        """Lets it give back what it holds, and awaits that."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(_RELEASE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def connect(port: str) -> socket.socket:
    """A connection to a port that is ``socket://HOST:PORT``.

    Raises:
        LinkError: nothing answers there.
    """
    host, _, number = port.removeprefix("socket://").rpartition(":")
    try:
        return socket.create_connection((host, int(number)), timeout=_ANSWER)
    except (OSError, ValueError) as error:
        raise LinkError(f"nothing answers at {port}: {error}") from error
