"""The command line: the same parts as the pytest plugin, one task at a time."""

from __future__ import annotations

import functools
import inspect
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console as Screen
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from serial.tools import list_ports

from harness import __version__, paths
from harness.checks import accuracy_difference, differences
from harness.dataset import decode_image
from harness.device import LANES, PASSED
from harness.doctor import examine, examine_target
from harness.errors import HilError, UsageError
from harness.evaluation import Record, summarise
from harness.flash import CHOICES
from harness.parity import Parity, describe, rows
from harness.reference import REFERENCES
from harness.session import Options, Session
from harness.summary import summary_rows
from harness.targets import TARGETS, target_class
from harness.targets.process import interrupt

CHECKS_FAILED = 1
USAGE = 2
TROUBLE = 3
INTERRUPTED = 130

app = typer.Typer(
    name="tinyml-hil",
    help="Proves that a model gives the same bits on a microcontroller as on the host.",
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
    "timeout": Annotated[
        float,
        typer.Option("--timeout", help="Longest wait for the device's next line, seconds."),
    ],
    "renode": Annotated[
        Path | None, typer.Option("--renode", help="Renode: its executable.", metavar="EXE")
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

BUILDING = ("target", "platform", "model", "dataset", "arena")
BOARD = ("port", "probe", "baud", "flash", "volume")
SIMULATOR = ("renode",)
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


@app.command()
def doctor(
    target: Annotated[
        str | None, typer.Option("--target", help="Look at this target only; 3 if it is missing.")
    ] = None,
) -> None:
    """Lists what is installed, what is missing, and what fixes it."""
    table = Table("", "what", "found, or how to get it", box=None)
    findings = [examine_target(target_class(target))] if target else examine()
    for finding in findings:
        mark = "[green]ok[/]" if finding.found else "[red]missing[/]"
        table.add_row(mark, finding.name, finding.found or finding.fix)
    Screen().print(table)
    if any((f.needed or target) and not f.found for f in findings):
        raise typer.Exit(TROUBLE)


@session_command(*BUILDING)
def build(session: Session) -> None:
    """Builds the firmware for a model: ELF, BIN and a size table."""
    firmware = session.firmware
    table = Table("part", "bytes", box=None)
    sizes = firmware.sizes
    for name, size in (
        ("flash: code and constants", sizes.flash),
        ("flash: model", sizes.model),
        ("flash: self-test images", sizes.selftest),
        ("RAM: arena", sizes.arena),
        ("RAM: stack", sizes.stack),
        ("RAM: everything else", sizes.ram),
    ):
        table.add_row(name, f"{size:>10,}")
    screen = Screen(soft_wrap=True)
    screen.print(table)
    print(f"build id {firmware.build_id}")
    print(f"{firmware.elf}\n{firmware.elf.with_suffix('.bin')}")


@session_command(*RUNNING)
def run(session: Session) -> None:
    """Boots the firmware, shows what it prints, and checks the verdict of its self-test."""
    with session.device(_log("run")) as device:
        for line in device.boot_lines:
            print(line)
        if PASSED not in device.boot_lines:
            raise typer.Exit(CHECKS_FAILED)


@session_command(*COMPARING)
def classify(
    session: Session,
    images: Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")],
) -> None:
    """Classifies image files on the device, and compares each output with the host's."""
    tensors = [session.model.input_of(_read_image(path)) for path in images]
    table = Table("image", "class", "confidence", "equal to the host", box=None)
    all_exact = True
    with session.device(_log("classify")) as device:
        for path, tensor, result in zip(
            images, tensors, device.classify_many(tensors), strict=True
        ):
            exact = result.output.tobytes() == session.reference.predict(tensor).tobytes()
            all_exact = all_exact and exact
            confidence = session.model.output.dequantize(result.output)[result.top]
            name = session.dataset.class_name(result.top)
            table.add_row(
                escape(str(path)),
                escape(name),
                f"{confidence:.1%}",
                "yes" if exact else "[red]no[/]",
            )
    Screen().print(table)
    if not all_exact:
        raise typer.Exit(CHECKS_FAILED)


def _log(command: str) -> Path:
    return paths.run_logs() / f"{command}.log"


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        return decode_image(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"cannot read the image {path}: {error.strerror}") from error


@session_command(*COMPARING, "images")
def evaluate(session: Session) -> None:
    """Runs a dataset through the device and the host, and compares every output bit for bit."""
    with session.device(_log("evaluate")) as device:
        evaluation = session.evaluation(device)
        records = _with_progress(
            evaluation.records(range(len(session.dataset))), len(session.dataset)
        )
        facts = device.info
    summary = summarise([record.outcome for record in records])
    table = Table("", "", box=None, show_header=False)
    for name, value in summary_rows(
        summary, session.firmware.sizes, unit=facts.ticks, arena_used=facts.arena_used
    ):
        table.add_row(name, f"{value:>16}")
    Screen().print(table)
    failures = differences(records, session.dataset) or accuracy_difference(summary)
    if failures:
        print(failures)
        raise typer.Exit(CHECKS_FAILED)


def _with_progress(records: Iterator[Record], count: int) -> list[Record]:
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Screen(stderr=True)) as progress:
        return list(progress.track(records, total=count))


@session_command(*ON_ANY_TARGET, "images")
def parity(
    session: Session,
    targets: Annotated[str, typer.Option("--targets", help="Two or more, as in qemu,renode.")],
) -> None:
    """Runs the same images on several targets, and compares every output byte for byte."""
    compared = Parity(session.options, targets.split(","))
    compared.check()
    equal = 0
    with compared.devices(_log("parity").parent) as devices:
        print(f"{'image':>6}  {'label':<12}{'class':<12}{' and '.join(devices)}")
        for row in rows(devices, compared.model, compared.dataset):
            print(describe(row, compared.dataset), flush=True)
            equal += row.equal
    print(f"equal: {equal}/{len(compared.dataset)}")
    if equal < len(compared.dataset):
        raise typer.Exit(CHECKS_FAILED)


@app.command()
def ports() -> None:
    """Lists the serial ports, and the debug probes that they belong to."""
    found = list_ports.comports()
    table = Table("port", "USB id", "probe", "description", box=None)
    for port in found:
        usb = f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else ""
        table.add_row(port.device, usb, port.serial_number or "", port.description)
    Screen().print(table if found else "there is no serial port")


@app.command()
def version() -> None:
    """Prints the version."""
    print(f"tinyml-hil {__version__}")


def main() -> None:
    """Runs the command line; a user's mistake is one message, never a traceback."""
    signal.signal(signal.SIGTERM, interrupt)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE if isinstance(error, UsageError) else TROUBLE)
    except OSError as error:  # a full disk, a file that may not be written
        print(f"error: {error}", file=sys.stderr)
        sys.exit(TROUBLE)
