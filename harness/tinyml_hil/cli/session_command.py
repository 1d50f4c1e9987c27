"""Session command: a command whose options are those of a session."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from tinyml_hil.cli.app import app
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.session import (
    Options,
    Session,
    help_of,
    load_options,
    option_kinds,
    option_name,
    sessions_of,
    takes_several,
)


def _options() -> dict[str, Any]:
    kinds = option_kinds()
    # None tells that it was not given: the environment and the project's settings come next.
    return {
        field.name: cast(Any, Annotated)[
            _kind(field, kinds[field.name]) | None, _option(field, kinds[field.name])
        ]
        for field in fields(Options)
    }


def _kind(field: Field[Any], kind: type) -> Any:
    return list[kind] if takes_several(field) else kind  # type: ignore[valid-type]


def _option(field: Field[Any], kind: type) -> Any:
    return typer.Option(
        option_name(field.name),
        help=help_of(field),
        metavar=field.metadata["metavar"],
        min=1 if kind is int else None,
    )


OPTIONS = _options()
"""How each field of ``Options`` is given on the command line."""

BUILDING = (
    *("target", "platform", "model", "signature", "model_name", "dataset", "labels"),
    *("engine", "tflm", "arithmetic", "arena", "ops", "op"),
)
PLACE = ("place", "coordinator", "place_wait")
BOARD = ("port", *PLACE, "probe", "baud", "flash", "volume", "debugger")
SIMULATOR = ("renode", "renode_driver")
FIRMWARE = ("firmware", "firmware_config", "door")
RUNNING = (*BUILDING, *FIRMWARE, "reply_timeout", *SIMULATOR, *BOARD)
COMPARING = (*RUNNING, "reference", "lane")
ON_ANY_TARGET = tuple(n for n in COMPARING if n not in ("target", "platform", *FIRMWARE))


def _of_command(options: Options, names: Sequence[str], project: Project) -> Options:
    """Those of a command that has options of these names.

    A project's settings may name firmware, which is no part of what builds its own or runs on any
    target; and several devices, of which other commands than evaluate take one.

    Raises:
        UsageError: they name several, and the command is for one.
    """
    if "firmware" not in names:
        options = replace(options, **{name: getattr(Options(), name) for name in FIRMWARE})
    if "device" in names or not options.device:
        return options
    if "target" not in names:
        return replace(options, device=(), share=False)
    if len(options.device) > 1:
        raise UsageError(
            f"the project's settings name the devices {', '.join(options.device)}, and this is for "
            "one: choose it with --target"
        )
    (session,) = sessions_of(options, project).values()
    return session.options


def session_command(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function a command that has these options, and hands it the session of them."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        given = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=OPTIONS[name],
            )
            for name in names
        ]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            project = Project.around(Path.cwd())
            options = load_options(project, {name: values.pop(name) for name in names})
            function(Session(_of_command(options, names, project), project), **values)

        command.__signature__ = inspect.Signature([*own, *given])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in [*own, *given]}
        app.command()(command)
        return command

    return register
