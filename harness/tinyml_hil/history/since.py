"""Since which run a budget has not been kept."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Select, func, select

from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.gate import Outcome
from tinyml_hil.history.schema import BudgetOutcome, Run
from tinyml_hil.history.store import History, open_history
from tinyml_hil.record import Circumstances, measure_of


def with_since(
    outcomes: list[Outcome], now: Circumstances, this_run: str, url: str
) -> list[Outcome]:
    """The outcomes of a run that is not recorded yet; each broken one says since which run.

    A history that cannot be read is no reason to lose them: then they say nothing.

    Args:
        this_run: what it says where the run before kept the budget.
    """
    if all(outcome.ok for outcome in outcomes):
        return outcomes
    try:
        with open_history(url) as history:
            return [
                outcome
                if outcome.ok
                else replace(outcome, since=since(history, now, outcome.name) or this_run)
                for outcome in outcomes
            ]
    except (SetupError, UsageError):
        return outcomes


def since(history: History, now: Circumstances, name: str) -> str:
    """Id and revision of the first of the last runs that all broke a budget; empty if none did."""
    alike = _runs_alike(now, name)
    with history.session() as session:
        kept = session.scalar(
            alike.with_only_columns(func.max(Run.started)).where(BudgetOutcome.ok)
        )
        broken = alike.where(~BudgetOutcome.ok, Run.started > (kept or ""))
        first = session.execute(broken.order_by(Run.started, Run.id).limit(1)).first()
    if first is None:
        return ""
    run_id, revision = first
    return f"{run_id} ({revision[:12]})" if revision else run_id


def _runs_alike(now: Circumstances, name: str) -> Select[str, str]:
    """Runs whose value of this budget is comparable."""
    query = (
        select(Run.id, Run.revision)
        .join(BudgetOutcome)
        .where(BudgetOutcome.name == name)
        .where(Run.platform == now.platform, Run.model == now.model, Run.unit == now.unit)
        .where(Run.campaign == now.campaign)
    )
    if measure_of(name).built:
        return query
    return query.where(Run.dataset_sha256 == now.dataset_sha256)
