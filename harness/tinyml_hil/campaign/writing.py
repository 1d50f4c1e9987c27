"""Writes what people and CI servers read of a campaign that has ended: page, summary, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyml_hil.campaign.outcomes import Result
from tinyml_hil.campaign.page import render_page, render_summary
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.campaign.tally import Tally
from tinyml_hil.files import write_atomically
from tinyml_hil.record import JUNIT, CampaignRecord
from tinyml_hil.report import PAGE, SUMMARY, render_junit
from tinyml_hil.session import Session


def write_reports_or_warn(
    folder: Path,
    session: Session,
    record: CampaignRecord,
    plan: Plan,
    results: Sequence[Result],
    tally: Tally,
) -> str:
    """Writes all of them; if that fails, the campaign is no worse for it.

    Returns:
        What went wrong, in one line; empty if nothing did.
    """
    try:
        write_atomically(folder / JUNIT, render_junit(record))
        write_atomically(folder / SUMMARY, render_summary(record, tally).encode())
        page = render_page(session, record, plan, results, tally)
        write_atomically(folder / PAGE, page.encode())
    except Exception as error:  # a mistake in a template, too: the campaign has its result
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return f"the campaign's report was not written: {reason}\nIts data is whole in {folder}"
    return ""
