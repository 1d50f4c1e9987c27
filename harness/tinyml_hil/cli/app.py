"""The application: its exit codes, its commands, and what several of them share."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from tinyml_hil import paths
from tinyml_hil.history import URL_VARIABLE

CHECKS_FAILED = 1
USAGE = 2
TROUBLE = 3
INTERRUPTED = 130

COMMANDS = {
    "run": "running",
    "classify": "running",
    "evaluate": "running",
    "parity": "running",
    "build": "running",
    "model": "engine",
    "layers": "engine",
    "report": "reports",
    "trend": "trend",
    "compare": "compare",
    "bisect": "bisect",
    "history": "history",
    "baseline": "budgets",
    "doctor": "machine",
    "ports": "machine",
    "version": "machine",
}
"""Each command, and the module of ``tinyml_hil.cli`` that it is in."""


class _Commands(TyperGroup):
    """Imports the module of a command when it is asked for, since what each needs loads slowly."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all, imported or not."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name; None if there is none."""
        if cmd_name not in self.commands:
            # The message about a name that is none suggests others: it needs all.
            wanted = [COMMANDS[cmd_name]] if cmd_name in COMMANDS else COMMANDS.values()
            for module in wanted:
                import_module(f"tinyml_hil.cli.{module}")
            self.commands = get_group(app).commands
        return self.commands.get(cmd_name)


app = typer.Typer(
    name="tinyml-hil",
    cls=_Commands,
    epilog=(
        "Exit codes: 0 all is well; 1 a check failed; 2 an option or a file cannot be used; "
        "3 something is not installed, or the device cannot be reached; 130 interrupted."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def tinyml_hil() -> None:
    """Proves that a model gives the same bits on a microcontroller as on the host."""


HistoryUrl = Annotated[
    str | None,
    typer.Option(
        "--history",
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE; without it as "
        f"{URL_VARIABLE} says, or build/history.sqlite.",
        metavar="URL",
    ),
]


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def log_of(command: str) -> Path:
    """Where the transcript of a command goes."""
    return paths.run_logs() / f"{command}.log"
