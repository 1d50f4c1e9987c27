"""Commands that build firmware and run it: build, run, classify, evaluate, parity."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console as Screen
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from harness.checks import accuracy_difference, differences
from harness.cli.app import (
    BUILDING,
    CHECKS_FAILED,
    COMPARING,
    ON_ANY_TARGET,
    RUNNING,
    log_of,
    session_command,
)
from harness.dataset import decode_image
from harness.device import PASSED
from harness.errors import UsageError
from harness.evaluation import Record, summarise
from harness.parity import Parity, describe, rows
from harness.run import Run, device_facts
from harness.session import Session
from harness.summary import summary_rows


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
    with session.device(log_of("run")) as device:
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
    with session.device(log_of("classify")) as device:
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


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        return decode_image(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"cannot read the image {path}: {error.strerror}") from error


@session_command(*COMPARING, "images")
def evaluate(session: Session) -> None:
    """Runs a dataset through the device and the host, and compares every output bit for bit."""
    session.check()
    run = Run(session, ["tinyml-hil", *sys.argv[1:]])
    try:
        failures = _evaluate(session, run)
    except BaseException as error:
        run.finish("interrupted", [str(error) or type(error).__name__])
        raise
    run.finish("failed" if failures else "passed", failures)
    table = Table("", "", box=None, show_header=False)
    for name, value in summary_rows(
        summarise([record.outcome for record in run.records]),
        session.firmware.sizes,
        unit=run.record.unit,
        arena_used=run.record.memory["arena_used"],
    ):
        table.add_row(name, f"{value:>16}")
    Screen().print(table)
    print(f"run: {run.folder}")
    if failures:
        print("\n".join(failures))
        raise typer.Exit(CHECKS_FAILED)


def _evaluate(session: Session, run: Run) -> list[str]:
    """Runs the dataset; what is wrong with the results, one message each."""
    with session.device(run.transcripts / "device.log") as device:
        records = session.evaluation(device).records(range(len(session.dataset)))
        for record in _with_progress(records, len(session.dataset)):
            run.add([record])
        run.observe(device_facts(device))
    problems = (
        differences(run.records, session.dataset),
        accuracy_difference(summarise([record.outcome for record in run.records])),
    )
    return [problem for problem in problems if problem]


def _with_progress(records: Iterator[Record], count: int) -> Iterator[Record]:
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Screen(stderr=True)) as progress:
        yield from progress.track(records, total=count)


@session_command(*ON_ANY_TARGET, "images")
def parity(
    session: Session,
    targets: Annotated[str, typer.Option("--targets", help="Two or more, as in qemu,renode.")],
) -> None:
    """Runs the same images on several targets, and compares every output byte for byte."""
    compared = Parity(session.options, targets.split(","))
    compared.check()
    equal = 0
    with compared.devices(log_of("parity").parent) as devices:
        print(f"{'image':>6}  {'label':<12}{'class':<12}{' and '.join(devices)}")
        for row in rows(devices, compared.model, compared.dataset):
            print(describe(row, compared.dataset), flush=True)
            equal += row.equal
    print(f"equal: {equal}/{len(compared.dataset)}")
    if equal < len(compared.dataset):
        raise typer.Exit(CHECKS_FAILED)
