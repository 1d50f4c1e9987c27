"""Scheduler: a connection to one of Dask's, whose workers are given tasks by name."""

from __future__ import annotations

import itertools
import logging
import queue
import re
import secrets
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from tinyml_hil.errors import SetupError, UsageError

SILENCE = 60.0
"""Seconds without a heartbeat, of which there are two a second, after which a worker is silent."""
_CONNECTING = 10.0
"""Seconds in which a scheduler has to answer at first."""
_ANSWERING = 60.0
"""Seconds in which it has to answer after that, however busy it is."""
_ADDRESS = re.compile(r"(tcp|tls)://([^/\s:]+|\[[^]\s]+\]):\d+")


class Told(NamedTuple):
    """What a scheduler tells of a worker."""

    folder: str
    """Where it keeps its files."""
    threads: int


class Ended(NamedTuple):
    """A task that ended."""

    key: str
    value: Any
    """What it returned, or the exception that it raised; a TimeoutError if its worker is silent."""


class Scheduler:
    """Use as a context manager."""

    def __init__(self, address: str) -> None:
        """Connects.

        Raises:
            UsageError: the address is none.
            SetupError: nothing answers there, or distributed is not installed.
        """
        distributed = require_distributed(address)
        self._address = address
        try:
            self._client = distributed.Client(
                address, timeout=_CONNECTING, set_as_default=False, name="tinyml-hil"
            )
        except (OSError, ValueError) as error:
            raise SetupError(
                f"no scheduler answers at {address}: start it with dask scheduler, or mend the "
                f"address ({error})"
            ) from error
        self._forget_later = distributed.fire_and_forget
        self._prefix = f"tinyml-hil-{secrets.token_hex(6)}"
        self._numbers = itertools.count()
        self._futures: dict[str, Any] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._heard: dict[str, tuple[float, float]] = {}
        """Of each worker: its last heartbeat by the scheduler's clock, and when that was new."""

    def close(self) -> None:
        """Ends the connection; tasks that no worker has begun are dropped."""
        self._client.close(timeout=_CONNECTING)

    def submit(self, worker: str, function: Callable[..., Any], *arguments: Any) -> str:
        """Gives a task to the worker at an address and to no other; the task's key."""
        future = self._submit(worker, function, *arguments)
        self._futures[future.key] = future
        future.add_done_callback(self._ended.put)
        return str(future.key)

    def leave_behind(self, worker: str, function: Callable[..., Any], *arguments: Any) -> None:
        """Gives a task that is done though nobody is here any more."""
        self._forget_later(self._submit(worker, function, *arguments))

    def drop(self, key: str) -> None:
        """Forgets a task: nobody hears of it any more."""
        self._futures.pop(key).release()

    def ended(self, seconds: float) -> Ended | None:
        """A task that has ended, if one does in this time.

        Raises:
            SetupError: the scheduler is gone.
        """
        try:
            future = self._ended.get(timeout=seconds)
        except queue.Empty:
            self._require_it()
            return None
        if self._futures.pop(future.key, None) is None:
            return None  # it was dropped
        if future.cancelled():
            raise self._gone()
        try:
            return Ended(future.key, future.result(timeout=_ANSWERING))
        except Exception as error:
            self._require_it()
            return Ended(future.key, error)

    def workers(self) -> dict[str, Told]:
        """The workers that are there and not silent, by their addresses.

        Raises:
            SetupError: the scheduler is gone.
        """
        self._require_it()
        try:
            ask = self._client.scheduler.identity
            told = self._client.sync(ask, n_workers=-1, callback_timeout=_ANSWERING)["workers"]
        except (OSError, RuntimeError) as error:
            raise self._gone() from error
        now = time.monotonic()
        for address in self._heard.keys() - told.keys():
            del self._heard[address]
        for address, one in told.items():
            if address not in self._heard or self._heard[address][0] != one["last_seen"]:
                self._heard[address] = one["last_seen"], now
        return {
            address: Told(one["local_directory"], one["nthreads"])
            for address, one in told.items()
            if now - self._heard[address][1] < SILENCE
        }

    def _submit(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        self._require_it()
        key = f"{self._prefix}-{next(self._numbers)}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of tasks as large as a dataset
            return self._client.submit(
                function, *arguments, key=key, workers=[worker], allow_other_workers=False
            )

    def _require_it(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> SetupError:
        return SetupError(
            f"the scheduler at {self._address} is gone, or answers no more: what it gave until now "
            "is kept; start it and its workers again"
        )


def require_distributed(address: str) -> Any:
    """The library that knows what is at an address.

    Raises:
        UsageError: that is none, or there are no certificates for it.
        SetupError: the library is not installed.
    """
    if not _ADDRESS.fullmatch(address):
        raise UsageError(
            f"--cluster {address}: a scheduler of Dask's is at tcp://HOST:PORT or tls://HOST:PORT"
        )
    try:
        import distributed
    except ImportError as error:
        raise SetupError(
            "--cluster needs distributed: pip install 'tinyml-hil[cluster]', or pip install "
            "distributed"
        ) from error
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # we say what is wrong
    if address.startswith("tls"):
        _require_certificates(address, cast(Any, distributed).Security())
    return distributed


def _require_certificates(address: str, security: Any) -> None:
    try:
        context = security.get_connection_args("client")["ssl_context"]
    except OSError as error:
        raise UsageError(f"--cluster {address}: a certificate cannot be used: {error}") from error
    if context is None:
        raise UsageError(
            f"--cluster {address} takes certificates: say where they are, by the variables that "
            "docs/cluster.md names"
        )
