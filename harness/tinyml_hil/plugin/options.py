"""The plugin's options: each field of ``Options``, under a name that nobody else has.

Others may have options of the same names: pytest-embedded has ``--target``, a user's conftest.py
may have ``--model``. Ours are added last, and one whose name is taken is ``--hil-NAME``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from tinyml_hil.session import Options, help_of, option_kinds, option_name, takes_several

HISTORY = "history"
_DEST = "tinyml_hil_"


def add_options(parser: pytest.Parser) -> dict[str, str]:
    """Adds all; gives the names of those whose own name is taken, by the names of the fields."""
    renamed = {}
    said = "where runs are recorded: a URL; see the page on CI"
    if _add(parser, HISTORY, metavar="URL", help=said):
        renamed[HISTORY] = _other_name(HISTORY)
    kinds = option_kinds()
    for option in fields(Options):
        if _add(parser, option.name, **_form(option, kinds[option.name])):
            renamed[option.name] = _other_name(option.name)
    return renamed


def given(config: pytest.Config, name: str) -> Any:
    """The value that an option was given on the command line; None if it was not."""
    return config.getoption(_DEST + name, None)


def all_given(config: pytest.Config) -> dict[str, Any]:
    """What was given of ``Options``, by the names of its fields; None for what was not."""
    return {field.name: given(config, field.name) for field in fields(Options)}


def joined(arguments: list[str], parser: pytest.Parser) -> list[str]:
    """The arguments with ``--model FILE`` as ``--model=FILE``, for each option of ours.

    pytest looks for its settings before it knows any plugin's options, and would take FILE for a
    folder of tests. What is in a file of arguments, ``@FILE``, is written out.
    """
    return list(_joined(list(_written_out(arguments)), parser))


def _written_out(arguments: list[str]) -> Iterator[str]:
    for argument in arguments:
        file = Path(argument.removeprefix("@"))
        if argument.startswith("@") and file.is_file():
            yield from file.read_text(encoding="utf-8").splitlines()
        else:
            yield argument


def _joined(arguments: list[str], parser: pytest.Parser) -> Iterator[str]:
    kinds = option_kinds()
    names = {option_name(name) for name in (HISTORY, *kinds) if kinds.get(name) is not bool}
    names |= {f"--hil-{name.removeprefix('--')}" for name in names}
    while arguments:
        argument = arguments.pop(0)
        if argument == "--":
            yield from (argument, *arguments)
            return
        has_value = arguments and not arguments[0].startswith("-")
        if argument in names and has_value and not _is_taken(argument, parser):
            argument = f"{argument}={arguments.pop(0)}"
        yield argument


def _is_taken(option: str, parser: pytest.Parser) -> bool:
    """Whether somebody has added an option of this name, with a value or without."""
    try:
        _, unknown = parser.parse_known_and_unknown_args([f"{option}=x"])
    except (pytest.UsageError, SystemExit):  # it takes no value, or another one
        return True
    return not unknown


def _add(parser: pytest.Parser, name: str, **form: Any) -> bool:
    """Adds an option; whether it is under another name, because its own is taken."""
    group = parser.getgroup("tinyml-hil", "machine learning on a microcontroller")
    option = option_name(name)
    taken = _is_taken(option, parser)
    if taken:
        form["help"] = f"{form['help']} ({option} is somebody else's here)"
        option = _other_name(name)
    group.addoption(option, dest=_DEST + name, default=None, **form)
    return taken


def _other_name(name: str) -> str:
    return f"--hil-{name.replace('_', '-')}"


def _form(option: Field[Any], kind: type) -> dict[str, Any]:
    if kind is bool:
        return {"action": "store_const", "const": True, "help": help_of(option)}
    several = {"action": "append"} if takes_several(option) else {}
    return several | {
        "type": _positive if kind is int else kind,
        "choices": option.metadata["choices"],
        "metavar": option.metadata["metavar"],
        "help": help_of(option),
    }


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)
