"""The application: its exit codes, its commands, and what several of them share."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from tinyml_hil.cli.encoding import print_in_any_encoding
from tinyml_hil.errors import HilError, UsageError
from tinyml_hil.process import end_as_at_ctrl_c
from tinyml_hil.project import Project, variable
from tinyml_hil.words import shown_lines

CHECKS_FAILED = 1
USAGE = 2
TROUBLE = 3
INTERRUPTED = 130

COMMANDS = {
    "init": ("init", "Writes a small starting point into a project."),
    "run": ("running", "Boots the firmware, and shows what it prints."),
    "classify": ("running", "Classifies image files on the device and on the host."),
    "evaluate": ("evaluating", "Runs a dataset through the device and the host."),
    "parity": ("evaluating", "Runs the same images on several targets."),
    "ladder": ("climbing", "Runs the same inputs from this machine up to boards."),
    "build": ("running", "Builds the firmware for a model."),
    "model": ("engine", "Tells what a model needs, before firmware is built."),
    "layers": ("engine", "Compares every op's output with the host's."),
    "explain": ("explaining", "Says why a run's outputs differ from the host's."),
    "campaign": ("campaign", "Writes faults into the running firmware, and says what each does."),
    "engines": ("engines", "Sets our engine and your TFLM side by side on one target."),
    "report": ("reports", "Writes the report of a run again."),
    "coverage": ("covering", "Merges what ran of the firmware in several runs."),
    "trend": ("trend", "Shows accuracy, instructions and sizes over the last runs."),
    "compare": ("compare", "Says what changed from one run to another."),
    "bisect": ("bisect", "Finds the commit that broke a check."),
    "history": ("history", "The record of all runs."),
    "baseline": ("budgets", "What budgets compare a run with."),
    "doctor": ("machine", "Lists what is installed, what is missing, and what fixes it."),
    "ports": ("machine", "Lists the serial ports, and the debug probes that they belong to."),
    "install-renode": ("machine", "Downloads the official Renode."),
    "version": ("machine", "Prints the version."),
}
"""Each command: the module of ``tinyml_hil.cli`` that it is in, and its line in the list of all."""


class _Commands(TyperGroup):
    """Imports the module of a command when it is asked for, since what each needs loads slowly."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all, imported or not."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name; None if there is none."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            import_module(f"tinyml_hil.cli.{COMMANDS[cmd_name][0]}")
            self.commands = get_group(app).commands
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments begin with; if there is none, the others are named."""
        if args and args[0] not in COMMANDS:
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of all, from the table: to import them takes a second."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


app = typer.Typer(
    name="tinyml-hil",
    cls=_Commands,
    epilog=(
        "Exit codes: 0 all is well; 1 a check failed; 2 an option or a file cannot be used; "
        "3 something is not installed, or the device cannot be reached; 130 interrupted."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # it takes a quarter of a second to load
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from tinyml_hil import __version__

        print(f"tinyml-hil {__version__}")
        raise typer.Exit


@app.callback()
def tinyml_hil(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Proves that a model gives the same bits on a microcontroller as on the host."""


HistoryUrl = Annotated[
    str | None,
    typer.Option(
        "--history",
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE; without it as "
        f"{variable('history')} or the project's settings say.",
        metavar="URL",
    ),
]


RUN_HELP = "A run's id, its folder, or latest: the run of this project that started last."

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="Workers of a scheduler of Dask's instead of this machine's.",
        metavar="tcp://HOST:PORT",
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def here() -> Project:
    """The project that the current folder belongs to."""
    return Project.around(Path.cwd())


def log_of(command: str) -> Path:
    """Where the transcript of a command goes."""
    return here().new_log() / f"{command}.log"


def main() -> None:
    """Runs the command line; a user's mistake is one message, never a traceback."""
    print_in_any_encoding()
    try:
        end_as_at_ctrl_c()
        sys.exit(app(standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except typer.TyperException as error:
        sys.exit(_refuse(error))
    except HilError as error:
        sys.exit(_fail(str(error), USAGE if isinstance(error, UsageError) else TROUBLE))
    except OSError as error:  # a full disk, a file that may not be written
        sys.exit(_fail(str(error), TROUBLE))


def _refuse(error: typer.TyperException) -> int:
    """Says what is wrong with the arguments; where there are none, it is the help."""
    said = error.format_message()
    if said.startswith("Usage:"):
        print(said)
        return USAGE
    context = getattr(error, "ctx", None)
    return _fail(f"{said}\nsee: {context.command_path} --help" if context else said, USAGE)


def _fail(message: str, code: int) -> int:
    print(f"error: {shown_lines(message)}", file=sys.stderr)
    return code
