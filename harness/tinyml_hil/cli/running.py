"""Commands that build firmware and run it: build, run, classify."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.cli.app import CHECKS_FAILED, log_of
from tinyml_hil.cli.session_command import (
    BUILDING,
    COMPARING,
    RUNNING,
    session_command,
)
from tinyml_hil.device import PASSED
from tinyml_hil.record import InputRecord
from tinyml_hil.session import (
    Session,
    read_input,
    record_of,
)
from tinyml_hil.target import serve_at_pseudo_terminal
from tinyml_hil.words import shown


@session_command(*BUILDING)
def build(session: Session) -> None:
    """Builds the firmware for a model: ELF, BIN, HEX, map and a size table."""
    firmware = session.firmware
    table = Table("part", "bytes", box=None)
    sizes = firmware.sizes
    for name, size in (
        ("flash: code and constants", sizes.flash),
        ("flash: model", sizes.model),
        (f"flash: self-test, images: {firmware.selftest_images}", sizes.selftest),
        ("RAM: arena", sizes.arena),
        ("RAM: stack", sizes.stack),
        ("RAM: everything else", sizes.ram),
    ):
        table.add_row(name, f"{size:>10,}")
    screen = Screen()
    screen.print(table)
    print(f"build id {firmware.build_id}")
    for suffix in (".elf", ".bin", ".hex", ".map"):
        print(firmware.elf.with_suffix(suffix))


@session_command(*RUNNING)
def run(
    session: Session,
    pty: Annotated[
        bool,
        typer.Option("--pty", help="Leave the device's UART at a pseudo terminal, until Ctrl-C."),
    ] = False,
) -> None:
    """Boots the firmware, shows what it prints, and checks the verdict of its self-test."""
    if session.options.door == "auto":
        # What it prints and answers is asked for, not what it infers.
        session = Session(replace(session.options, door="protocol"), session.project)
    with session.device(log_of("run"), _show) as device:
        if pty:
            with contextlib.suppress(KeyboardInterrupt):
                serve_at_pseudo_terminal(device.console.link, _announce)
            return
        device.require("selftest")
        if PASSED not in device.boot_lines:
            raise typer.Exit(CHECKS_FAILED)


def _show(line: str) -> None:
    """What a device prints may be anything: nothing of it steers the terminal."""
    print(shown(line), flush=True)


def _announce(path: str) -> None:
    print(f"the device's UART is at {path}, until Ctrl-C", flush=True)


@session_command(*COMPARING)
def classify(
    session: Session,
    images: Annotated[
        list[Path],
        typer.Argument(help="Image files, tensors in .npy files, or WAV files.", metavar="FILE..."),
    ],
) -> None:
    """Classifies files on the device, and compares each output with the host's."""
    tensors = [read_input(path, session.model, session.front_end) for path in images]
    score = "confidence" if session.model.gives_probabilities else "score"
    table = Table("input", "class", score, "equal to the host", box=None)
    all_exact = True
    with session.device(log_of("classify")) as device:
        for path, tensor, result in zip(
            images, tensors, device.classify_many(tensors), strict=True
        ):
            expected = session.reference.predict(tensor)
            record = record_of(0, 0, result, expected, session.model)
            all_exact = all_exact and record.exact
            table.add_row(
                escape(shown(str(path))),
                escape(session.task.answer(record, "device")),
                _score(session, record),
                "yes" if record.exact else "[red]no[/]",
            )
    Screen().print(table)
    print(f"compared with {session.reference_choice}")
    if not all_exact:
        raise typer.Exit(CHECKS_FAILED)


def _score(session: Session, record: InputRecord) -> str:
    """How much speaks for what the device says."""
    if not (scores := session.task.scores(record)):
        return "not printed"
    score = scores[0].device
    return f"{score:.1%}" if session.model.gives_probabilities else f"{score:.3f}"
