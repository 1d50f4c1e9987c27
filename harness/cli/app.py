"""What all commands share: the application, its exit codes, the options that make a session."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from harness import paths
from harness.device import LANES
from harness.flash import CHOICES
from harness.reference import REFERENCES
from harness.session import Options, Session
from harness.targets import TARGETS
from harness.targets.renode import DRIVERS

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


OPTIONS: dict[str, Any] = {
    "target": Annotated[
        str, typer.Option("--target", help=f"How firmware is run: {', '.join(TARGETS)}.")
    ],
    "platform": Annotated[
        str | None, typer.Option("--platform", help="Which hardware; each target has its default.")
    ],
    "model": Annotated[Path, typer.Option("--model", help="A .tflite classifier.")],
    "firmware": Annotated[
        Path | None, typer.Option("--firmware", help="Run this ELF, build none.", metavar="ELF")
    ],
    "dataset": Annotated[
        Path, typer.Option("--dataset", help="CIFAR-10 folder, class folders, or a .zip of them.")
    ],
    "reference": Annotated[
        str,
        typer.Option("--reference", help=f"Which host runtime answers: {', '.join(REFERENCES)}."),
    ],
    "lane": Annotated[
        str, typer.Option("--lane", help=f"How images reach the device: {', '.join(LANES)}.")
    ],
    "images": Annotated[
        int | None, typer.Option("--images", help="Only the first N images.", min=1, metavar="N")
    ],
    "arena": Annotated[
        int | None,
        typer.Option(
            "--arena", help="Size of the tensor arena to build with.", min=1, metavar="BYTES"
        ),
    ],
    "ops": Annotated[
        str,
        typer.Option(
            "--ops", help="Build with the model's ops, or with all, to load other models."
        ),
    ],
    "timeout": Annotated[
        float,
        typer.Option("--timeout", help="Longest wait for the device's next line, seconds."),
    ],
    "renode": Annotated[
        Path | None, typer.Option("--renode", help="Renode: its executable.", metavar="EXE")
    ],
    "renode_driver": Annotated[
        str,
        typer.Option("--renode-driver", help=f"Renode: what drives it: {', '.join(DRIVERS)}."),
    ],
    "port": Annotated[
        str | None, typer.Option("--port", help="Board: serial port; its probe's own by default.")
    ],
    "probe": Annotated[
        str | None, typer.Option("--probe", help="Board: serial number of the debug probe.")
    ],
    "baud": Annotated[int, typer.Option("--baud", help="Board: of the serial port.", min=1)],
    "flash": Annotated[
        str, typer.Option("--flash", help=f"Board: how it is programmed: {', '.join(CHOICES)}.")
    ],
    "volume": Annotated[
        Path | None, typer.Option("--volume", help="Board: the probe's mass storage volume.")
    ],
}
"""How each field of ``Options`` is given on the command line."""

BUILDING = ("target", "platform", "model", "dataset", "arena", "ops")
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
