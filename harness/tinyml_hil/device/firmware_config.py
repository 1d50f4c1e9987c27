"""Firmware.toml: how firmware that answers in its own words, or not at all, is tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from tinyml_hil.device.printed_send import Template
from tinyml_hil.device.printed_words import Patterns, PrintedTable
from tinyml_hil.errors import UsageError
from tinyml_hil.toml import read_toml

FILE = "firmware.toml"
"""Its name, beside the ELF."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class DebuggerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``[debugger]``: where inputs and outputs lie; docs/firmware.md has its keys."""

    call: _Text
    """The function of which one call is one inference."""
    input: _Text
    """Where its input lies when it is called."""
    output: _Text
    """Where its output lies when it returns."""
    send: str = ""
    """What is sent over the UART to firmware that does not call it by itself."""


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    printed: PrintedTable | None = None
    debugger: DebuggerTable | None = None


@dataclass(frozen=True)
class FirmwareConfig:
    """A firmware.toml: one of the tables, or both; or none, where there is no such file."""

    printed: PrintedTable | None = None
    debugger: DebuggerTable | None = None
    file: Path = Path()
    """Which it is."""


def load_firmware_config(elf: Path, given: Path | None) -> FirmwareConfig:
    """What a firmware.toml says; nothing if there is none.

    Args:
        elf: a file beside which it may lie.
        given: where it is instead.

    Raises:
        UsageError: it is not there though it was given, or has something else than it must.
    """
    path = given or elf.with_name(FILE)
    try:
        content = read_toml(path)
    except FileNotFoundError:
        if given:
            raise UsageError(f"there is no {given}, which --firmware-config names") from None
        return FirmwareConfig()
    try:
        tables = msgspec.convert(content, _Tables)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}") from error
    if tables == _Tables():
        raise UsageError(f"{path} has neither a table [printed] nor a table [debugger]")
    if tables.printed:
        Patterns(tables.printed, path)
        Template(tables.printed.send, path)
    return FirmwareConfig(tables.printed, tables.debugger, path)
