"""Commands over budgets: baseline update."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyml_hil.cli.app import RUN_HELP, app, here
from tinyml_hil.gate import baseline_of, load_baseline, save_baseline
from tinyml_hil.record import LATEST, MEASURES, find_run, load_record

baseline_app = typer.Typer(help="What budgets compare a run with.", no_args_is_help=True)
app.add_typer(baseline_app, name="baseline")


@baseline_app.callback()
def baseline() -> None:
    """Keeps ``update`` a command of its own, though it is the only one."""


@baseline_app.command()
def update(
    run: Annotated[str, typer.Argument(help=RUN_HELP, metavar="[RUN]")] = LATEST,
) -> None:
    """Takes what a run came to as the new baseline, and says what that changes."""
    project = here()
    record = load_record(find_run(run, project.reports))
    new = baseline_of(record, project)
    old = load_baseline(project.baselines, new.platform, new.model, new.unit, new.engine)
    path = save_baseline(new, project.baselines)
    dataset = record.dataset["sha256"]
    if old and old.model_sha256 != new.model_sha256:
        print(f"model: sha256 {old.model_sha256[:12]}... -> {new.model_sha256[:12]}...")
    for name, kind in MEASURES.items():
        value = new.measure(name, dataset)
        before = old.measure(name, dataset) if old else None
        if value is not None and value != before:
            print(f"{name}: {'' if before is None else kind.show(before)} -> {kind.show(value)}")
    print(path)
