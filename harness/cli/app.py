"""What all commands share: the application, its exit codes, the options that make a session."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_type_hints

import typer

from harness import paths
from harness.history.store import URL_VARIABLE
from harness.options import Options
from harness.session import Session

CHECKS_FAILED = 1
USAGE = 2
TROUBLE = 3
INTERRUPTED = 130

app = typer.Typer(
    name="tinyml-hil",
    help="Proves that a model gives the same bits on a microcontroller as on the host.",
    epilog=(
        "Exit codes: 0 all is well; 1 a check failed; 2 an option or a file cannot be used; "
        "3 something is not installed, or the device cannot be reached; 130 interrupted."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

HistoryUrl = Annotated[
    str | None,
    typer.Option(
        "--history",
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE; without it as "
        f"{URL_VARIABLE} says, or build/history.sqlite.",
        metavar="URL",
    ),
]


def _options() -> dict[str, Any]:
    types = get_type_hints(Options)
    return {
        field.name: cast(Any, Annotated)[types[field.name], _option(field, types[field.name])]
        for field in fields(Options)
    }


def _option(field: Field[Any], kind: Any) -> Any:
    return typer.Option(
        f"--{field.name.replace('_', '-')}",
        help=field.metadata["help"],
        metavar=field.metadata["metavar"],
        min=1 if int in (kind, *get_args(kind)) else None,
    )


OPTIONS = _options()
"""How each field of ``Options`` is given on the command line."""

BUILDING = ("target", "platform", "model", "dataset", "labels", "arena", "ops")
BOARD = ("port", "probe", "baud", "flash", "volume")
SIMULATOR = ("renode", "renode_driver")
RUNNING = (*BUILDING, "firmware", "timeout", *SIMULATOR, *BOARD)
COMPARING = (*RUNNING, "reference", "lane")
ON_ANY_TARGET = tuple(n for n in COMPARING if n not in ("target", "platform", "firmware"))


def session_command(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function a command that has these options, and hands it the session of them."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        given = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=getattr(Options(), name),
                annotation=OPTIONS[name],
            )
            for name in names
        ]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            options = {name: values.pop(name) for name in names}
            function(Session(Options(**options)), **values)

        command.__signature__ = inspect.Signature([*own, *given])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in [*own, *given]}
        app.command()(command)
        return command

    return register


def log_of(command: str) -> Path:
    """Where the transcript of a command goes."""
    return paths.run_logs() / f"{command}.log"
