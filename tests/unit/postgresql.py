"""A PostgreSQL server of the tests' own: on a socket in a private folder, gone when they end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"

PATIENTLY = ("-w", "-t", "1800")
"""Until it is done; pg_ctl gives up after a minute otherwise."""


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: the newest of Debian's, or that on PATH; None if none."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = str(packaged[-1]) if packaged else shutil.which("pg_ctl")
    return Path(found).parent if found else None


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        """Makes its files; starts nothing."""
        self._folder = folder
        self._bin = bin_folder
        self._call("initdb", "--auth=trust", "--username", USER, "--no-sync", str(self._data))

    @property
    def url(self) -> str:
        """As for --history."""
        return f"postgresql://{USER}@/{USER}?host={self._folder}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Starts it; it listens on nothing but its socket."""
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -F"
        log = str(self._folder / "log")
        self._call("pg_ctl", "start", *PATIENTLY, "-D", str(self._data), "-l", log, "-o", options)

    def stop(self) -> None:
        """Stops it, whoever is connected."""
        self._call("pg_ctl", "stop", *PATIENTLY, "-m", "immediate", "-D", str(self._data))

    def _call(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_user, str(self._bin / program), *arguments],
            cwd="/",
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """A server that runs, in a folder of its own: a socket's path has to be short."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        one = Server(folder, bin_folder)
        one.start()
        try:
            yield one
        finally:
            one.stop()
