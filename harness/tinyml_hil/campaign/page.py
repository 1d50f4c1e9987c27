"""Page: a campaign as one HTML file that loads nothing, and as a message for a chat."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.campaign.tally import Tally
from tinyml_hil.campaign.worst import worst_of
from tinyml_hil.record import MEASURES, CampaignRecord, heading_of
from tinyml_hil.report import VERDICTS, new_environment, stylesheet, whatever_backend
from tinyml_hil.session import Session
from tinyml_hil.words import shortened

_TEMPLATE = "campaign.html"
_MOST_IN_SUMMARY = 10
"""Layers of a message."""
_MOST_LAYERS = 40
_NAME = 24
"""Characters of a class."""


def render_page(
    session: Session, record: CampaignRecord, plan: Plan, results: Sequence[Result], tally: Tally
) -> str:
    """The page, of a campaign that has ended."""
    # Here, since matplotlib takes half a second to load, and most commands draw nothing.
    with whatever_backend():
        from tinyml_hil.campaign import plots

    return _render(
        _TEMPLATE,
        record,
        tally,
        style=Markup(stylesheet()),  # ours, not a user's
        layers=plots.layers(tally.layers[:_MOST_LAYERS]),
        bits=plots.bits(tally.bits),
        places=plots.heat_map(tally.places_hit_most(_MOST_LAYERS)),
        worst=list(worst_of(session, plan, results)),
        command=shlex.join(record.command),
    )


def render_summary(record: CampaignRecord, tally: Tally) -> str:
    """A message for a chat."""
    return _render("summary.md", record, tally, most=_MOST_IN_SUMMARY)


def _render(template: str, record: CampaignRecord, tally: Tally, **further: Any) -> str:
    environment = new_environment("tinyml_hil.campaign")
    environment.filters |= {
        "heading": heading_of,
        "measured": _measured,
        "number": _number,
        "short": _short,
    }
    return environment.get_template(template).render(
        record=record,
        look=VERDICTS[record.status],
        tally=tally,
        outcomes=list(Outcome),
        critical=Outcome.CRITICAL,
        **further,
    )


def _short(name: str, longest: int = _NAME) -> str:
    return shortened(name, longest)


def _number(value: int) -> str:
    return f"{value:,}"


def _measured(value: float, budget: dict[str, Any]) -> str:
    return MEASURES[budget["name"]].show(value)
