"""Commands that look into a model: model, layers."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import typer
from rich.bar import Bar
from rich.console import Console as Screen, RenderableType
from rich.markup import escape
from rich.table import Table

from tinyml_hil import paths
from tinyml_hil.build import (
    NO_CUSTOM_OPS,
    CustomOps,
    Verdict,
    estimate_flash,
    input_room,
    judge,
    load_platform,
    platform_names,
    shortages,
)
from tinyml_hil.choices import OWN_ENGINE
from tinyml_hil.cli.app import CHECKS_FAILED, AsJson, app, here, log_of
from tinyml_hil.cli.session_command import RUNNING, session_command
from tinyml_hil.device import Device, LayerComparison, LayerResult
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Graph, Model, Node, load_model, read_graph
from tinyml_hil.session import Session, load_options
from tinyml_hil.words import shown

BAR_WIDTH = 24


@app.command()
def model(
    file: Annotated[Path, typer.Argument(help="A .tflite model.", metavar="FILE")],
    signature: Annotated[
        str | None,
        typer.Option("--signature", help="which function of several in the model", metavar="NAME"),
    ] = None,
    op: Annotated[
        list[Path] | None,
        typer.Option("--op", help="your own C file for a custom op", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tells what a model needs, and what the engine lacks for it, before firmware is built.

    Ends with 1 if the engine cannot run it.
    """
    content, graph = read_graph(file, signature)
    options = load_options(here(), {"op": op})
    custom = CustomOps(options.op) if options.engine == OWN_ENGINE else NO_CUSTOM_OPS
    verdict = judge(content, graph, here().cache, custom=custom)
    facts = _facts(file, signature, content, graph, verdict)
    if as_json:
        print(json.dumps(facts))
    else:
        _show(graph, facts)
    if verdict.lacks:
        raise typer.Exit(CHECKS_FAILED)


def _facts(
    file: Path, signature: str | None, content: bytes, graph: Graph, verdict: Verdict
) -> dict[str, Any]:
    flash = estimate_flash(graph)
    taken, refusal = _taken(file, signature)
    return {
        "model": str(file),
        "bytes": len(content),
        "inputs": _end_facts(graph, graph.inputs),
        "outputs": _end_facts(graph, graph.outputs),
        "ops": [_op_facts(graph, node) for node in graph.nodes],
        "macs": graph.macs,
        "weight_bytes": sum(tensor.constant_bytes for tensor in graph.tensors),
        "arena": verdict.arena,
        "flash": flash,
        "lacks": list(verdict.lacks),
        "too_small": _too_small(taken, len(content) + (flash or 0), verdict.arena) if taken else [],
        "refused": refusal,
    }


def _end_facts(graph: Graph, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    tensors = (graph.tensors[number] for number in numbers)
    return [{"name": t.name, "shape": list(t.shape), "type": t.type} for t in tensors]


def _taken(file: Path, signature: str | None) -> tuple[Model | None, str | None]:
    """The model as other commands take it; or why they do not, whatever the engine can."""
    try:
        return load_model(file, signature), None
    except UsageError as error:
        return None, str(error)


def _too_small(model: Model, flash: int, arena: int | None) -> list[str]:
    """On which of the product's platforms there is too little memory, a sentence each."""
    bulk = (arena or 0) + input_room(model.input_bytes)
    platforms = map(load_platform, platform_names(paths.PLATFORMS))
    return [sentence for platform in platforms for sentence in shortages(platform, flash, bulk)]


def _op_facts(graph: Graph, node: Node) -> dict[str, Any]:
    def tensors(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
        return [
            {"shape": list(tensor.shape), "type": tensor.type}
            for tensor in (graph.tensors[i] for i in numbers if i >= 0)
        ]

    return {
        "index": node.index,
        "op": node.name,
        "inputs": tensors(node.inputs),
        "outputs": tensors(node.outputs),
        "macs": node.macs,
        "weight_bytes": graph.weight_bytes(node),
    }


def _show(graph: Graph, facts: dict[str, Any]) -> None:
    table = Table(box=None)
    for heading in ("op", ""):
        table.add_column(heading, no_wrap=True)
    for heading in ("input", "output"):
        table.add_column(heading, overflow="fold")
    for heading in ("MACs", "weights,\nbytes"):
        table.add_column(heading, justify="right", no_wrap=True)
    for node in graph.nodes:
        table.add_row(
            str(node.index),
            escape(node.name),
            _text_of(graph, tuple(i for i in node.inputs if not _is_constant(graph, i))),
            _text_of(graph, node.outputs),
            f"{node.macs:,}" if node.macs else "",
            f"{graph.weight_bytes(node):,}" if graph.weight_bytes(node) else "",
        )
    Screen().print(table)
    for name, value in (
        ("ops", len(graph.nodes)),
        ("MACs", facts["macs"]),
        ("weights, bytes", facts["weight_bytes"]),
        ("model in flash, bytes", facts["bytes"]),
        ("firmware in flash, about", facts["flash"]),
        ("arena needed, bytes", facts["arena"]),
    ):
        print(f"{name:<26}{'unknown' if value is None else f'{value:,}':>14}")
    for what, ends in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in (graph.tensors[number] for number in ends if len(ends) > 1):
            print(f"{what:<26}{shown(tensor.name)}: {tensor}")
    _show_refusals(facts)


def _show_refusals(facts: dict[str, Any]) -> None:
    for sentence in facts["too_small"]:
        print(f"too large for {sentence}")
    for sentence in facts["lacks"]:
        print(f"the engine cannot run it: {sentence}")
    if facts["refused"]:
        print(f"no other command takes it: {facts['refused']}")


def _is_constant(graph: Graph, number: int) -> bool:
    return number < 0 or graph.tensors[number].constant_bytes > 0


def _text_of(graph: Graph, numbers: tuple[int, ...]) -> str:
    return ", ".join(str(graph.tensors[i]) for i in numbers)


@session_command(*RUNNING, "reference")
def layers(
    session: Session,
    images: Annotated[
        int, typer.Option("--images", help="Compare the first N images.", min=1, metavar="N")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Compares every op's output with the host's, and shows where the time goes.

    Ends with 1 if an op gives other bits than the reference's, and names the first.
    """
    model, dataset, reference = session.model, session.dataset, session.reference_choice.name
    with session.device(log_of("layers")) as device:
        comparison = LayerComparison(device, model, reference)
        by_image = [
            list(comparison.results(model.input_of(dataset.image(i))))
            for i in range(min(images, len(dataset)))
        ]
        unit = device.ticks_unit
        differs = any(result.difference for results in by_image for result in results)
        why = _why(session, device, len(by_image)) if differs else ""
    by_op = [_layer_facts(list(results)) for results in zip(*by_image, strict=True)]
    if as_json:
        facts = {"images": len(by_image), "unit": unit, "reference": reference, "layers": by_op}
        print(json.dumps(facts | {"why": why or None}))
    else:
        _show_layers(by_op, unit, len(by_image))
        print(f"compared with {session.reference_choice}")
    for image, results in enumerate(by_image):
        if first := next((result for result in results if result.difference), None):
            if not as_json:
                print(f"image {image}: the first op that differs is {first}")
                _print_why(why)
            raise typer.Exit(CHECKS_FAILED)


def _print_why(why: str) -> None:
    if why:
        print(f"why: {why}")


def _why(session: Session, device: Device, images: int) -> str:
    """Why the first images' outputs differ, if that is found quickly; else empty."""
    # Here, since few runs have anything to explain, and it takes a while to load.
    from tinyml_hil.explanation import explain_quickly

    records = session.evaluation(device).run(range(images))
    found = explain_quickly(session, session.reference_choice.name, list(records))
    return found.sentence if found else ""


def _layer_facts(results: list[LayerResult]) -> dict[str, Any]:
    """One op over all images."""
    node = results[0].node
    ticks = mean(result.ticks for result in results)
    differing = [str(result.difference) for result in results if result.difference]
    return {
        "index": node.index,
        "op": node.name,
        "output": results[0].output,
        "ticks": ticks,
        "macs": node.macs,
        "ticks_per_mac": ticks / node.macs if node.macs else None,
        "equal": len(results) - len(differing),
        "difference": differing[0] if differing else None,
    }


def _show_layers(by_op: list[dict[str, Any]], unit: str, images: int) -> None:
    table = Table(box=None)
    for heading in ("op", ""):
        table.add_column(heading, no_wrap=True)
    table.add_column("output", overflow="fold")
    total = sum(facts["ticks"] for facts in by_op)
    most = max(facts["ticks"] for facts in by_op)
    for heading in ("equal", unit, "a MAC", "share") if total else ("equal",):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for facts in by_op:
        equal = f"{facts['equal']}/{images}"
        table.add_row(
            str(facts["index"]),
            escape(facts["op"]),
            facts["output"],
            equal if facts["equal"] == images else f"[red]{equal}[/]",
            *(_time(facts, total, most) if total else ()),
        )
    Screen().print(table)
    if total:
        print(f"{unit} in all: {total:,.0f}")


def _time(facts: dict[str, Any], total: float, most: float) -> tuple[RenderableType, ...]:
    """The time of one op, beside that of all and the longest."""
    return (
        f"{facts['ticks']:,.0f}",
        f"{facts['ticks_per_mac']:.2f}" if facts["macs"] else "",
        f"{facts['ticks'] / total:.1%}",
        Bar(most, 0, facts["ticks"], width=BAR_WIDTH),
    )
