"""The command engines."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer
from rich.console import Console as Screen
from rich.table import Table

from tinyml_hil.cli.app import CHECKS_FAILED, AsJson, log_of
from tinyml_hil.cli.session_command import BOARD, SIMULATOR, session_command
from tinyml_hil.session import EngineFacts, Engines, Session

FOLLOWED = {"litert": "litert", "tflm": "tflite-micro"}
"""By arithmetic: the reference whose bits an engine has to give, if that takes the model."""


@session_command(
    *("target", "platform", "model", "signature", "dataset", "labels"),
    *("images", "sample", "tflm"),
    *("arithmetic", "op", "arena", "reply_timeout", "lane", *SIMULATOR, *BOARD),
)
def engines(session: Session, as_json: AsJson = False) -> None:
    """Sets our engine and your TensorFlow Lite for Microcontrollers side by side on one target.

    Ends with 1 if one of them gives other bits than its reference's.
    """
    compared = Engines(session)
    compared.check()
    with Screen(stderr=True).status("references"):
        references = compared.references()
    with Screen(stderr=True).status("engines"):
        facts = list(compared.measure(references, log_of("engines").parent))
    if as_json:
        print(json.dumps([asdict(one) for one in facts]))
    else:
        _show(*facts)
    if not all(map(_is_right, facts, (session.options.arithmetic, "tflm"))):
        raise typer.Exit(CHECKS_FAILED)


def _is_right(facts: EngineFacts, arithmetic: str) -> bool:
    return facts.exact.get(FOLLOWED[arithmetic], facts.images) == facts.images


def _show(own: EngineFacts, tflm: EngineFacts) -> None:
    table = _table("", "own", "tflm", "own/tflm")
    for reference in own.exact:
        told = [f"{one.exact[reference]:,}/{one.images:,}" for one in (own, tflm)]
        table.add_row(f"equal to {reference}", *told, "")
    for what, mine, its in (
        (own.unit, own.ticks, tflm.ticks),
        ("flash, bytes", own.flash, tflm.flash),
        ("arena, bytes", own.arena, tflm.arena),
        ("stack, bytes", own.stack, tflm.stack),
    ):
        table.add_row(what, *_beside(mine, its))
    screen = Screen()
    screen.print(table)
    layers = _table(f"op: {own.unit}", "own", "tflm", "own/tflm")
    for layer, other in zip(own.layers, tflm.layers, strict=True):
        layers.add_row(f"{layer.index:>3} {layer.op}", *_beside(layer.ticks, other.ticks))
    screen.print()
    screen.print(layers)


def _beside(mine: float, its: float) -> tuple[str, str, str]:
    return f"{mine:,.0f}", f"{its:,.0f}", f"{mine / its:.3f}" if its else ""


def _table(first: str, *others: str) -> Table:
    table = Table(box=None)
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
