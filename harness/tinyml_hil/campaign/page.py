"""Page: a campaign as one HTML file that loads nothing, and as a message for a chat."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from tinyml_hil.campaign.faults import Fault
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.campaign.tally import Group, Tally
from tinyml_hil.model import rows_of, value_in
from tinyml_hil.record import MEASURES, CampaignRecord, heading_of
from tinyml_hil.report import COLOURS, VERDICTS, drawing_of, new_plot, stylesheet
from tinyml_hil.session import Session
from tinyml_hil.words import shortened

_TEMPLATE = "campaign.html"
_WIDTH, _ROW, _MARGIN = 640, 26, 60
_WORST = 10
_MOST_IN_SUMMARY = 10
"""Layers of a message."""
_MOST_LAYERS = 40
_NAME = 40
"""Characters of a tensor's name."""


@dataclass(frozen=True)
class _Shown:
    """A fault, as the page tells it."""

    id: int
    input: int
    picture: str
    place: str
    before: str
    after: str


def render_page(
    session: Session, record: CampaignRecord, plan: Plan, results: Sequence[Result], tally: Tally
) -> str:
    """The page, of a campaign that has ended."""
    return _render(
        _TEMPLATE,
        record,
        tally,
        style=Markup(stylesheet()),  # ours, not a user's
        layers=_layers(tally.layers[:_MOST_LAYERS]),
        bits=_bits(tally.bits),
        worst=list(_worst(session, plan, results)),
        command=shlex.join(record.command),
    )


def render_summary(record: CampaignRecord, tally: Tally) -> str:
    """A message for a chat."""
    return _render("summary.md", record, tally, most=_MOST_IN_SUMMARY)


def _render(template: str, record: CampaignRecord, tally: Tally, **further: Any) -> str:
    environment = Environment(
        loader=PackageLoader("tinyml_hil.campaign"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"heading": heading_of, "measured": _measured, "number": _number}
    return environment.get_template(template).render(
        record=record,
        look=VERDICTS[record.status],
        tally=tally,
        outcomes=list(Outcome),
        critical=Outcome.CRITICAL,
        **further,
    )


def _number(value: int) -> str:
    return f"{value:,}"


def _measured(value: float, budget: dict[str, Any]) -> str:
    return MEASURES[budget["name"]].show(value)


def _layers(groups: Sequence[Group]) -> Markup:
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
        plot.axes.set_xlabel("critical, % of the faults: the rate, and the interval that it is in")
        return Markup(plot.svg("critical rate by layer, with intervals"))


def _bits(groups: Sequence[Group]) -> Markup:
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


def _worst(session: Session, plan: Plan, results: Sequence[Result]) -> Iterator[_Shown]:
    """The critical faults whose outputs are furthest from those without a fault."""
    critical = [result for result in results if result.outcome == Outcome.CRITICAL]
    critical.sort(key=lambda r: (-_distance(session, plan, r), r.fault))
    for result in critical[:_WORST]:
        fault = plan.faults[result.fault]
        golden = plan.golden[fault.input]
        dataset = session.dataset
        image = np.asarray(dataset.image(fault.input))
        yield _Shown(
            *(fault.id, fault.input, drawing_of(image), _place(fault)),
            *(dataset.class_name(golden.top), dataset.class_name(result.top)),
        )


def _distance(session: Session, plan: Plan, result: Result) -> float:
    golden = plan.golden[plan.faults[result.fault].input]
    model = session.model
    with_fault, without = (
        rows_of(value_in(output, model.outputs), model.batch)[0][0].astype(np.float64)
        for output in (result.output, golden.output)
    )
    return float(np.abs(np.nan_to_num(with_fault - without, posinf=1e30, neginf=-1e30)).max())


def _place(fault: Fault) -> str:
    region = fault.region
    of = f"{region.layer} {region.op}, " if region.op else ""
    name = shortened(region.name, _NAME)
    return f"{of}{region.where} {name}, 0x{fault.address:08x} bit {fault.bit % 8}"
