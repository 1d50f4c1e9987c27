"""Renode's monitor, spoken over the standard input and output of a Renode process."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tinyml_hil.errors import LinkError
from tinyml_hil.target.renode_driver import TIMEOUT, RenodeDriver

# Renode reports a failed command in words only: no exit code, and the rest of a script is skipped.
_FAILED = re.compile(
    r"No such command or device|There was an error executing command|Could not tokenize|"
    r"Bad parameters for command|Parameters did not match the signature|Error E\d+|"
    r"does not provide a field, method or property"
)


class RenodeMonitor(RenodeDriver):
    """Renode's own program, with its monitor on its standard streams."""

    name = "monitor"

    @classmethod
    def check(cls) -> None:
        """It needs nothing more."""

    def __init__(self, executable: Path, folder: Path) -> None:
        command = [str(executable), "--disable-xwt", "--plain", "--console", "--hide-log"]
        # Its usual configuration is locked by the first of several instances.
        command += ["--hide-analyzers", "--config", str(folder / "config")]
        self._launch(command, folder)
        self._commands = 0
        self._open_log()

    def execute(self, command: str, timeout: float = TIMEOUT) -> str:
        self._commands += 1
        mark = f"done-{self._commands}"
        with self._changed:
            start = len(self._output)
        self._send(f'{command}\necho "{mark}"\n')
        # The monitor echoes what it is sent; there the mark stands between quotes.
        said = self._await(f"\n{mark}\n", start, timeout, command)
        # If the last command was given up, its words came late, with its mark behind them.
        said = said.rpartition(f"\ndone-{self._commands - 1}\n")[2]
        if _FAILED.search(said):
            raise LinkError(f"Renode refused '{command}':\n{said}")
        return said

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
                    raise self._no_answer(command, timeout)
                self._changed.wait(min(left, 0.2))
        return said.partition(mark)[0]
