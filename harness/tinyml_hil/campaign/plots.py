"""The drawings of a campaign's page, each an SVG element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from matplotlib.patches import Rectangle

from tinyml_hil.campaign.outcomes import Outcome
from tinyml_hil.campaign.tally import Group
from tinyml_hil.report import COLOURS, Plot, new_plot

_WIDTH, _ROW, _MARGIN = 440, 26, 60
_CELL = 24
_NAMES = 190
"""Pixels beside a map."""
_FAINT, _FULL = 0.1, 0.6
"""How strong a cell's colour is; with more, the number is hard to read at night."""


def layers(groups: Sequence[Group]) -> Markup:
    """The critical rate of each layer, the worst first, and its interval."""
    with new_plot(_WIDTH, _ROW * len(groups) + _MARGIN) as plot:
        for row, group in enumerate(groups):
            rate = group.rate(Outcome.CRITICAL)
            low, high = rate.interval
            found = f"{rate.count:,} of {rate.total:,} faults"
            title = f"{group.name}: {found}, {rate}"
            plot.bar(row, 100 * (high - low), title, "host", 0.3, 100 * low)
            plot.axes.plot(100 * rate.value, row, "o", color=COLOURS["bad"])
        plot.rows([group.name for group in groups])
        plot.axes.set_xlim(left=0)
        plot.axes.set_xlabel("critical, % of the faults, and its interval")
        return Markup(plot.svg("critical rate by layer, with intervals"))


def bits(groups: Sequence[Group]) -> Markup:
    """The same by the position in an element."""
    with new_plot(_WIDTH, 220) as plot:
        for group in groups:
            rate = group.rate(Outcome.CRITICAL)
            low, high = rate.interval
            number = int(group.name.removeprefix("bit "))
            (bar,) = plot.axes.bar(
                number, 100 * (high - low), 0.3, 100 * low, color=COLOURS["host"]
            )
            plot.explain(bar, f"{group.name}: {rate}")
            plot.axes.plot(number, 100 * rate.value, "o", color=COLOURS["bad"])
        plot.axes.set_ylim(bottom=0)
        plot.axes.set_xlabel("bit, 0 is the lowest")
        plot.axes.set_ylabel("critical, %")
        return Markup(plot.svg("critical rate by bit position, with intervals"))


def heat_map(places: Mapping[str, Mapping[int, Group]]) -> Markup:
    """Places by the bit's position: which share changes the outputs, and how many are critical."""
    most = max(bit for cells in places.values() for bit in cells) + 1
    with new_plot(_NAMES + _CELL * most, _CELL * len(places) + _MARGIN) as plot:
        for row, (name, cells) in enumerate(places.items()):
            for bit, group in cells.items():
                _draw_cell(plot, bit, row, f"{name}, {group.name}", group)
        plot.rows(list(places))
        plot.axes.set_xlim(-0.5, most - 0.5)
        plot.axes.set_xticks(range(0, most, 1 if most <= 16 else 4))
        plot.axes.tick_params(axis="x", length=0)
        plot.axes.set_xlabel("bit, 0 is the lowest")
        plot.axes.spines[:].set_visible(False)
        return Markup(plot.svg("faults by place and bit position"))


def _draw_cell(plot: Plot, bit: int, row: int, name: str, group: Group) -> None:
    critical, total = group.outcomes[Outcome.CRITICAL], group.total
    changed = group.changed
    colour, share = ("bad", critical / total) if critical else ("device", changed / (total or 1))
    alpha = _FAINT + (_FULL - _FAINT) * share
    if not changed:
        colour, alpha = "raised", 1.0
    if critical:
        plot.axes.text(bit, row, f"{critical}", ha="center", va="center")
    corner, side = (bit - 0.48, row - 0.48), 0.96
    square = Rectangle(corner, side, side, facecolor=COLOURS[colour], alpha=alpha, linewidth=0)
    told = f"{total:,} faults, {changed:,} change something, {critical:,} critical"
    plot.explain(plot.axes.add_patch(square), f"{name}: {told}")
