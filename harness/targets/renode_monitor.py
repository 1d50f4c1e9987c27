"""Renode's monitor, spoken over the standard input and output of a Renode process."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from pathlib import Path

from harness.errors import LinkError
from harness.targets.process import die_with_parent, kill_group

START_TIMEOUT = 60.0
"""Seconds in which Renode has to answer its first command."""
TIMEOUT = 30.0
"""Seconds in which it has to answer any other."""
# Renode reports a failed command in words only: no exit code, and the rest of a script is skipped.
_FAILED = re.compile(
    r"No such command or device|There was an error executing command|Could not tokenize|"
    r"Bad parameters for command|Parameters did not match the signature|Error E\d+|"
    r"does not provide a field, method or property"
)
_LOG_TROUBLE = re.compile(r"CPU abort|\[ERROR\].*fault", re.IGNORECASE)
_SHOWN_LINES = 15
_ENDING = 1.0
"""Seconds that a process may take to end after its streams have."""


class RenodeMonitor:
    """One headless Renode process that takes monitor commands.

    Its standard output is drained all the time, since a full pipe would stop it, and kept.
    """

    def __init__(self, executable: Path, folder: Path) -> None:
        """Starts Renode; its log and its temporary files lie in ``folder``.

        Raises:
            LinkError: it did not start; the message has its own words.
        """
        self.log = folder / "renode.log"
        command = [str(executable), "--disable-xwt", "--plain", "--console", "--hide-log"]
        # Its usual configuration is locked by the first of several instances.
        command += ["--hide-analyzers", "--config", str(folder / "config")]
        self._process = subprocess.Popen(
            [*die_with_parent(), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
            env=os.environ | {"TMPDIR": str(folder)},
        )
        self._output = b""
        self._changed = threading.Condition()
        self._commands = 0
        self._drainer = threading.Thread(target=self._drain, daemon=True)
        self._drainer.start()
        try:
            self.execute(f"logFile @{self.log}", START_TIMEOUT)
        except LinkError:
            self.close()
            raise

    def execute(self, command: str, timeout: float = TIMEOUT) -> str:
        """Runs one command and returns what it printed.

        Raises:
            LinkError: it failed, or Renode ended or did not answer; with Renode's own words.
        """
        self._commands += 1
        mark = f"done-{self._commands}"
        with self._changed:
            start = len(self._output)
        self._send(f'{command}\necho "{mark}"\n')
        # The monitor echoes what it is sent; there the mark stands between quotes.
        said = self._await(f"\n{mark}\n", start, timeout, command)
        if _FAILED.search(said):
            raise LinkError(f"Renode refused '{command}':\n{said}")
        return said

    def last_words(self) -> str:
        """The end of what it printed and logged, and whether it still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
            self._drainer.join(_ENDING)  # what it printed last may not have been read yet
        code = self._process.poll()
        state = "runs" if code is None else f"ended with {code}"
        return f"Renode {state}; its last words:\n{self._tail()}"

    def trouble(self) -> str:
        """Why nothing more will come: it ended, or its core stopped; empty if all is well."""
        if self._process.poll() is not None:
            return self.last_words()
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line for line in lines if _LOG_TROUBLE.search(line)), "")

    def close(self) -> None:
        """Ends Renode and all that it started."""
        kill_group(self._process)

    def _send(self, text: str) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise LinkError(self.last_words()) from error

    def _await(self, mark: str, start: int, timeout: float, command: str) -> str:
        deadline = time.monotonic() + timeout
        with self._changed:
            while mark not in (said := self._said(start)):
                left = deadline - time.monotonic()
                if self._process.poll() is not None:
                    raise LinkError(f"'{command}': {self.last_words()}")
                if left <= 0:
                    raise LinkError(
                        f"Renode did not answer '{command}' within {timeout:g} s; "
                        f"{self.last_words()}"
                    )
                self._changed.wait(min(left, 0.2))
        return said.partition(mark)[0]

    def _said(self, start: int) -> str:
        return self._output[start:].decode(errors="replace").replace("\r", "")

    def _drain(self) -> None:
        assert self._process.stdout
        while data := os.read(self._process.stdout.fileno(), 65536):
            with self._changed:
                self._output += data
                self._changed.notify_all()

    def _tail(self) -> str:
        said = self._said(0).splitlines()[-_SHOWN_LINES:]
        with contextlib.suppress(OSError):  # it may have ended before it had a log
            said += self.log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:]
        return "\n".join(line for line in said if line.strip()) or "(it said nothing)"
