"""The command bisect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyml_hil.cli.app import app
from tinyml_hil.history import Bisect


@app.command(context_settings={"allow_interspersed_args": False})
def bisect(
    check: Annotated[
        list[str],
        typer.Argument(help="The command, after --, such as: make hil", metavar="CHECK..."),
    ],
    good: Annotated[str, typer.Option("--good", help="A revision where CHECK passes.")],
    bad: Annotated[str, typer.Option("--bad", help="A revision where it fails.")] = "HEAD",
) -> None:
    """Finds the commit that broke CHECK, with git bisect in a worktree of its own.

    CHECK passes with 0. A revision where it ends with 3 (something is not installed, or the device
    is not there) or 125 is skipped; every other exit code is a failure.
    """
    print(Bisect(Path.cwd(), good, bad, check).run())
