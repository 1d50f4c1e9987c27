"""The small abstract class behind which Renode runs: a process that takes monitor commands."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinyml_hil.errors import LinkError
from tinyml_hil.process import die_with_parent, kill_group

TIMEOUT = 120.0
"""Seconds in which Renode has to answer a command; on a crowded machine a platform takes many."""
_LOG_TROUBLE = re.compile(r"CPU abort|CPU was halted|\[ERROR\].*fault", re.IGNORECASE)
_SHOWN_LINES = 15
_DISK_FULL = re.compile(r"Disk full|No space left|not enough space on the disk", re.IGNORECASE)
"""As Mono says it, and .NET."""
_NOISE = re.compile(r'\s+at .*\(.*\).*|.*echo "done-\d+"|done-\d+')
"""Lines that say nothing: of .NET's stack traces, and of the marks behind commands."""
_LAST_WRITER = 5.0
"""Seconds in which all that Renode started has to end once it is killed."""
_ENDING = 1.0
"""Seconds that a process may take to end after its streams have."""


class RenodeDriver(ABC):
    """One headless Renode in a process of its own.

    Its standard output is drained all the time, since a full pipe would stop it, and kept.
    """

    name: str
    """As given to ``--renode-driver``."""

    @classmethod
    @abstractmethod
    def check(cls) -> None:
        """Finds what it needs beside Renode itself.

        Raises:
            SetupError: it is missing; the message says what to install.
        """

    @abstractmethod
    def __init__(self, executable: Path, folder: Path) -> None:
        """Starts Renode; its log and its temporary files lie in ``folder``.

        Raises:
            LinkError: it did not start; the message has its own words.
        """

    @abstractmethod
    def execute(self, command: str, timeout: float = TIMEOUT) -> str:
        """Runs one command and returns what it printed.

        Raises:
            LinkError: it failed, or Renode ended or did not answer; with Renode's own words.
        """

    def last_words(self) -> str:
        """The end of what it printed and logged, and whether it still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
            self._drainer.join(_ENDING)  # what it printed last may not have been read yet
        code = self._process.poll()
        state = "runs" if code is None else f"ended with {code}"
        words = self._tail()
        if _DISK_FULL.search(words):
            room = self.log.parent.parent
            return f"Renode {state}: no room is left in {room}; name another folder with TMPDIR"
        return f"Renode {state}; its last words:\n{words}"

    def trouble(self) -> str:
        """Why nothing more will come: it ended, or its core stopped; empty if all is well."""
        if self._process.poll() is not None:
            return self.last_words()
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        stopped = next((line for line in lines if _LOG_TROUBLE.search(line)), "")
        return stopped and f"the core stopped: {stopped}"

    def close(self) -> None:
        """Ends Renode and all that it started; nothing writes to its folder any more."""
        kill_group(self._process)
        self._drainer.join(_LAST_WRITER)  # its output ends with the last process that has it

    def _launch(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.log = folder / "renode.log"
        self._process = subprocess.Popen(
            [*die_with_parent(), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder), **(environment or {})},
            pass_fds=pass_fds,
        )
        self._output = b""
        self._changed = threading.Condition()
        self._drainer = threading.Thread(target=self._drain, daemon=True)
        self._drainer.start()

    def _open_log(self) -> None:
        """The first commands: they succeed as soon as Renode is there."""
        try:
            # Some of Renode's descriptions name scripts of its own by paths from where it is.
            root = self.execute(_WHERE_IT_IS).rpartition(_MARK)[2].splitlines()[0]
            scripts = self.log.parent / "scripts"
            scripts.unlink(missing_ok=True)  # of a Renode that ran here before
            scripts.symlink_to(Path(root) / "scripts")
            self.execute(_go_to(self.log.parent))
            # Written at once, which is the "true": what it says last counts most.
            self.execute(f"logFile @{self.log.name} true")
        except BaseException:  # Ctrl-C, too: nobody else knows of the process yet
            self.close()
            raise

    def _no_answer(self, command: str, timeout: float) -> LinkError:
        return LinkError(
            f"Renode did not answer '{command}' within {timeout:g} s; {self.last_words()}"
        )

    def _said(self, start: int) -> str:
        return self._output[start:].decode(errors="replace").replace("\r", "")

    def _drain(self) -> None:
        assert self._process.stdout
        while data := os.read(self._process.stdout.fileno(), 65536):
            with self._changed:
                self._output += data
                self._changed.notify_all()

    def _tail(self) -> str:
        said = _words(self._said(0))
        with contextlib.suppress(OSError):  # it may have ended before it had a log
            said += _words(self.log.read_text(errors="replace"))
        return "\n".join(said) or "(it said nothing)"


def _words(said: str) -> list[str]:
    """The last lines that say something."""
    lines = [line for line in said.splitlines() if line.strip()]
    return [line for line in lines if not _NOISE.fullmatch(line)][-_SHOWN_LINES:]


_MARK = "it is in "
_WHERE_IT_IS = (
    'python "from Antmicro.Renode.Utilities import Misc; '
    f"print('{_MARK}' + Misc.GetRootDirectory())\""
)
"""The command that prints Renode's own folder behind the mark."""


def _go_to(folder: Path) -> str:
    """The command after which relative paths start at ``folder``; Renode starts in its own.

    Absolute ones will not do: the monitor ends a path at a space, and mangles what is not ASCII.
    """
    go = f"from System.IO import Directory; Directory.SetCurrentDirectory(u{str(folder)!a})"
    return 'python "' + go.replace('"', r"\"") + '"'
