"""The drawings of a report's page, each an SVG element; colours as in ``templates/style.css``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from matplotlib.patches import Rectangle

from tinyml_hil.record import ClassScore
from tinyml_hil.report.classes import Confusion
from tinyml_hil.report.colours import COLOURS
from tinyml_hil.report.svg import LONGEST_NAME, Plot, drawable, new_plot
from tinyml_hil.report.ticks import Histogram

_WIDTH = 440
"""Pixels; a column of the page is hardly wider on a desk, and not much narrower on a phone."""
MOST_CLASSES = 30
"""Classes that are drawn as bars; of more, those that the device finds least often."""
_ROW, _MARGIN = 24, 30
_CELL = 34
_PARTS = ("device", "host", "good")


def matrix(rows: Sequence[Sequence[Confusion]]) -> Markup:
    """Labels against the device's classes: how many images, and which share of the label's."""
    names = [cell.device for cell in rows[0]]
    size = max(_WIDTH, len(rows) * _CELL + 100)
    with new_plot(size, size) as plot:
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                _draw_cell(plot, x, y, cell)
        axes = plot.axes
        axes.set_xlim(-0.5, len(rows) - 0.5)
        plot.rows(names)
        axes.set_xticks(range(len(rows)), [drawable(name) for name in names], rotation=90)
        axes.tick_params(axis="x", length=0, labelcolor=COLOURS["text"])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("the device's class")
        axes.set_ylabel("label")
        axes.spines[:].set_visible(False)
        return Markup(plot.svg("confusion matrix: labels against the device's classes"))


def _draw_cell(plot: Plot, x: int, y: int, cell: Confusion) -> None:
    colour, alpha = "raised", 1.0
    if cell.count:
        colour = "device" if cell.is_right else "bad"
        alpha = 0.1 + 0.4 * cell.share  # with more, the number is hard to read at night
        plot.axes.text(x, y, f"{cell.count}", ha="center", va="center")
    corner, side = (x - 0.48, y - 0.48), 0.96
    square = Rectangle(corner, side, side, facecolor=COLOURS[colour], alpha=alpha, linewidth=0)
    title = f"{cell.label}, taken for {cell.device}: {cell.count} of {cell.images}"
    plot.explain(plot.axes.add_patch(square), title)


def recall(rows: Sequence[ClassScore]) -> Markup:
    """Class by class, the share of its images that device and host find."""
    drawn = rows
    if len(rows) > MOST_CLASSES:
        drawn = sorted(rows, key=lambda row: row.recall)[:MOST_CLASSES]
    with new_plot(_WIDTH, len(drawn) * _ROW + _MARGIN) as plot:
        for y, row in enumerate(drawn):
            title = f"{row.name}: device {row.recall:.1%}, host {row.host_recall:.1%}"
            plot.bar(y - 0.2, row.recall, title, height=0.36)
            plot.bar(y + 0.2, row.host_recall, title, "host", height=0.36)
        plot.rows([row.name for row in drawn])
        plot.axes.set_xlim(0, 1)
        plot.axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        return Markup(plot.svg("recall of each class, device and host"))


def ticks(histogram: Histogram, unit: str) -> Markup:
    """How many inferences took how long."""
    with new_plot(_WIDTH, 190) as plot:
        for bar in histogram.bars:
            if not bar.count:
                continue
            (drawn,) = plot.axes.bar(bar.at, bar.count, width=0.9, color=COLOURS["device"])
            high = f" to {bar.high:,}" if bar.high > bar.low else ""
            plot.explain(drawn, f"{bar.low:,}{high}: {bar.count:,} images")
        ends = {0: histogram.shortest, histogram.bars[-1].at: histogram.longest}
        plot.axes.set_xticks(list(ends), [f"{end:,}" for end in ends.values()])
        plot.axes.set_xlim(-1, histogram.bars[-1].at + 1)
        plot.axes.set_xlabel(unit)
        plot.axes.set_ylabel("images")
        plot.count_y()
        return Markup(plot.svg(f"{unit} an inference, a histogram"))


def layers(found: Sequence[dict[str, Any]], unit: str) -> Markup:
    """Where the ticks of an inference go, layer by layer."""
    total = sum(layer["ticks"] for layer in found) or 1
    names = [f"{layer['index']} {layer['op']}" for layer in found]
    with new_plot(_WIDTH, len(found) * _ROW + 2) as plot:
        plot.bars(
            names=names,
            values=[layer["ticks"] for layer in found],
            labels=[f"{layer['ticks'] / total:.1%}" for layer in found],
            titles=[
                f"{name}: {layer['ticks']:,} {unit}"
                for name, layer in zip(names, found, strict=True)
            ],
        )
        return Markup(plot.svg(f"{unit} by layer"))


def owners(rows: Sequence[tuple[str, int]]) -> Markup:
    """Bytes by owner."""
    with new_plot(_WIDTH, len(rows) * _ROW + 2) as plot:
        plot.bars(
            names=[_end_of(name) for name, _ in rows],
            values=[size for _, size in rows],
            labels=[f"{size:,}" for _, size in rows],
            titles=[f"{name}: {size:,} bytes" for name, size in rows],
        )
        return Markup(plot.svg("bytes by owner"))


def _end_of(path: str) -> str:
    """What tells a path from others, where there is no room for all of it."""
    return path if len(path) <= LONGEST_NAME else "…" + path[1 - LONGEST_NAME :]


def strip(title: str, parts: Sequence[tuple[str, int]]) -> Markup:
    """One bar of the parts that are not empty, side by side, in the colours of the page's key."""
    with new_plot(_WIDTH, 20) as plot:
        plot.figure.set_layout_engine("none")
        plot.axes.set_position((0, 0, 1, 1))
        plot.axes.set_axis_off()
        at = 0
        for number, (name, size) in enumerate(part for part in parts if part[1]):
            colour = _PARTS[number % len(_PARTS)]
            plot.bar(0, size, f"{name}: {size:,} bytes", colour, height=1, left=at)
            at += size
        plot.axes.set_xlim(0, at or 1)
        plot.axes.set_ylim(-0.5, 0.5)
        described = ", ".join(f"{name} {size:,}" for name, size in parts)
        return Markup(plot.svg(f"{title}: {described}", stretched=True))
