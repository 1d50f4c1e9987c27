"""Commands that look into a model: model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from harness.cli.app import CHECKS_FAILED, app
from harness.engine import Verdict, judge
from harness.graph import Graph, Node, read_graph

TABLE_WIDTH = 120
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def model(
    file: Annotated[Path, typer.Argument(help="A .tflite model.", metavar="FILE")],
    as_json: AS_JSON = False,
) -> None:
    """Tells what a model needs, and what the engine lacks for it, before firmware is built.

    Ends with 1 if the engine cannot run it.
    """
    content, graph = read_graph(file)
    verdict = judge(content, graph)
    facts = _facts(file, content, graph, verdict)
    if as_json:
        print(json.dumps(facts))
    else:
        _show(graph, facts)
    if verdict.lacks:
        raise typer.Exit(CHECKS_FAILED)


def _facts(file: Path, content: bytes, graph: Graph, verdict: Verdict) -> dict[str, Any]:
    return {
        "model": str(file),
        "bytes": len(content),
        "ops": [_op_facts(graph, node) for node in graph.nodes],
        "macs": graph.macs,
        "weight_bytes": sum(tensor.constant_bytes for tensor in graph.tensors),
        "arena": verdict.arena,
        "lacks": list(verdict.lacks),
    }


def _op_facts(graph: Graph, node: Node) -> dict[str, Any]:
    def tensors(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
        return [
            {"shape": list(tensor.shape), "type": tensor.type}
            for tensor in (graph.tensors[i] for i in numbers if i >= 0)
        ]

    return {
        "index": node.index,
        "op": node.op,
        "inputs": tensors(node.inputs),
        "outputs": tensors(node.outputs),
        "macs": node.macs,
        "weight_bytes": graph.weight_bytes(node),
    }


def _show(graph: Graph, facts: dict[str, Any]) -> None:
    table = Table(box=None)
    for heading in ("op", "", "input", "output"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MACs", "weights, bytes"):
        table.add_column(heading, justify="right")
    for node in graph.nodes:
        table.add_row(
            str(node.index),
            escape(node.op),
            _text_of(graph, tuple(i for i in node.inputs if not _is_constant(graph, i))),
            _text_of(graph, node.outputs),
            f"{node.macs:,}" if node.macs else "",
            f"{graph.weight_bytes(node):,}" if graph.weight_bytes(node) else "",
        )
    Screen(width=TABLE_WIDTH).print(table)
    for name, value in (
        ("ops", len(graph.nodes)),
        ("MACs", facts["macs"]),
        ("weights, bytes", facts["weight_bytes"]),
        ("model in flash, bytes", facts["bytes"]),
        ("arena needed, bytes", facts["arena"]),
    ):
        print(f"{name:<26}{'unknown' if value is None else f'{value:,}':>14}")
    for sentence in facts["lacks"]:
        print(f"the engine cannot run it: {sentence}")


def _is_constant(graph: Graph, number: int) -> bool:
    return number < 0 or graph.tensors[number].constant_bytes > 0


def _text_of(graph: Graph, numbers: tuple[int, ...]) -> str:
    return ", ".join(str(graph.tensors[i]) for i in numbers)
