"""Firmware.toml: how firmware that answers in its own words, or not at all, is tested."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tinyml_hil.errors import UsageError
from tinyml_hil.toml import read_toml

FILE = "firmware.toml"
"""Its name, beside the ELF."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class PrintedTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``[printed]``: what the firmware prints; docs/firmware.md has its keys."""

    result: _Text
    """Regular expression of a line that holds a result, or a part of it."""
    end: str = ""
    """Regular expression of the line after which no result follows; empty if there is none."""
    send: str = ""
    """What an input is sent as; empty if the firmware has its inputs built in."""
    prompt: str = ""
    """Regular expression of what is awaited before an input is sent; empty to send at once."""
    first: int = 0
    """The index that the firmware gives its first input."""


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


class FirmwareConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A firmware.toml: one of the tables, or both."""

    printed: PrintedTable | None = None
    debugger: DebuggerTable | None = None


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
        config = msgspec.convert(content, FirmwareConfig)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}") from error
    if config == FirmwareConfig():
        raise UsageError(f"{path} has neither a table [printed] nor a table [debugger]")
    return config
