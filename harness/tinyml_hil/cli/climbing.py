"""The command ladder."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.cli.app import CHECKS_FAILED, AsJson, log_of
from tinyml_hil.cli.session_command import ON_ANY_TARGET, session_command
from tinyml_hil.errors import SetupError
from tinyml_hil.session import Ladder, Rung, Session
from tinyml_hil.words import first_line


@session_command(*ON_ANY_TARGET, "images", "sample")
def ladder(
    session: Session,
    highest: Annotated[
        str | None,
        typer.Option("--to", help="The last rung, such as qemu; all if not given.", metavar="RUNG"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Runs the same inputs on every rung there is, from this machine to boards.

    The rungs, in the order of what they cost: the runtimes on this machine, the engine on this
    machine, QEMU, Renode, a board, targets of your own. Says which is the first that differs, where
    it does, and what each takes; ends with 1 if one differs. What is not there is passed over, but
    for the rung of --to.
    """
    rungs = []
    with Screen(stderr=True).status("ladder") as status:
        for rung in Ladder(session, log_of("ladder").parent).rungs(highest):
            rungs.append(rung)
            status.update(f"after {rung.name}")
    if highest and not rungs[-1].is_there:
        raise SetupError(f"{highest}: {rungs[-1].why}")
    if as_json:
        print(json.dumps([asdict(rung) for rung in rungs]))
    else:
        _show(session, rungs)
    if any(rung.differs for rung in rungs):
        raise typer.Exit(CHECKS_FAILED)


def _show(session: Session, rungs: list[Rung]) -> None:
    table = Table("rung", "bit-exact", "seconds", "", box=None)
    for rung in rungs:
        equal = f"{rung.exact:,}/{rung.inputs:,}" if rung.is_there else "-"
        table.add_row(rung.name, equal, f"{rung.seconds:.1f}", escape(_remark(rung)))
    Screen().print(table)
    print(f"compared with {session.reference_choice}")
    if first := next((rung for rung in rungs if rung.differs), None):
        print(f"the first rung that differs is {first.name}\n{first.why}")


def _remark(rung: Rung) -> str:
    if not rung.is_there:
        return f"not run: {first_line(rung.why)}"
    if rung.exact == rung.inputs:
        return ""
    return "another runtime, which may" if rung.is_another_runtime else "differs"
