"""A program that loads Renode by pyrenode3 and runs monitor commands that come over a socket.

    pyrenode_server.py SOCKET CONFIG

SOCKET is the number of an open file. Each line that comes is JSON, ``[number, command]``; one goes
back for each, ``[number, what it printed, what it failed with]``, the last empty if it did not
fail. The program ends when the other end of the socket is closed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Serves the socket given as the first argument."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    monitor = _load_renode(config=sys.argv[2])
    with connection.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            number, command = json.loads(line)
            said, error = _execute(monitor, command)
            lines.write(json.dumps([number, said, error]) + "\n")
            lines.flush()
    os._exit(0)  # at once: an orderly end waits for Renode's threads, of which one may hang


def _load_renode(config: str) -> Any:
    # Only now: loading it takes seconds, and where it fails, that is this program's last word.
    from pyrenode3.wrappers import Monitor

    # Renode's own names are there once it is loaded.
    configuration = import_module("Antmicro.Renode.Utilities").ConfigurationManager
    emulator = import_module("Antmicro.Renode").Emulator
    configuration.Initialize(config)  # the usual one is locked by the first of several instances
    monitor = Monitor()
    emulator.ShowAnalyzers = False  # no windows
    return monitor


def _execute(monitor: Any, command: str) -> tuple[str, str]:
    words = import_module("Antmicro.Renode.UserInterface").CommandInteractionEater()
    try:
        # Not monitor.execute(), which goes to Renode's own folder for each command.
        monitor.HandleCommand(command, words)
    except Exception as crash:  # any of .NET's, which would end Renode's own program
        return "", f"{type(crash).__name__}: {crash}"
    return str(words.GetContents()), str(words.GetError())


if __name__ == "__main__":
    main()
