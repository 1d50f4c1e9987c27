"""Platform: the hardware that firmware is built for and run on, from its folder's platform.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tinyml_hil import paths
from tinyml_hil.errors import UsageError
from tinyml_hil.toml import read_toml

Size = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
"""Bytes, or an address."""


@dataclass(frozen=True)
class Platform:
    """One folder of ``platforms/``, or one of the user's."""

    name: str
    """Name of the folder, as given to ``--platform``."""
    folder: Path
    """Where platform.toml lies, and all else of the platform's."""
    description: str
    arena: Size
    """Bytes of the tensor arena, unless the model takes more or the build is told another size."""
    targets: tuple[str, ...]
    """The targets that can run it."""
    machine: str
    """The machine's name in QEMU; empty if QEMU has none."""
    machine_memory: Size
    """Bytes of what QEMU calls the machine's memory, whose start is the memory lane; 0 if it is no
    larger than the lane."""
    fpgaio_address: Size
    """Where QEMU's machine has the FPGAIO of Arm's MPS boards, whose counter tells instructions."""
    fpgaio_hz: int
    """What it counts in a second; 0 if there is none."""
    renode_uart: str
    """The console's name in Renode; empty if Renode has no such machine."""
    lane_address: Size
    """Where the memory lane begins."""
    lane_size: Size
    """Size of the memory lane in bytes; 0 if there is none."""
    usb_ids: tuple[str, ...]
    """USB vendor and product of the board's debug probe, such as ``0483:374e``."""
    declares: str
    """What the section ``.board`` of an ELF has to hold before the board is programmed with it."""
    flash_address: Size
    """Where a raw image is programmed to."""
    pyocd_target: str
    """The chip's name in pyOCD."""
    probe_rs_chip: str
    """The chip's name in probe-rs."""
    volumes: tuple[str, ...]
    """Names that the probe's mass storage volume may have."""


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DEFAULTS: dict[str, Any] = {
    "machine": "",
    "machine_memory": 0,
    "fpgaio_address": 0,
    "fpgaio_hz": 0,
    "renode_uart": "",
    "lane_address": 0,
    "lane_size": 0,
    "usb_ids": [],
    "declares": "",
    "flash_address": 0,
    "pyocd_target": "",
    "probe_rs_chip": "",
    "volumes": [],
}


def load_platform(name: str, own: Path | None = None) -> Platform:
    """Reads a platform.

    Args:
        name: that of a folder in ``own``, or of one of the product's; or the path of any folder,
            which has a ``/`` in it.
        own: the folder of the user's platforms, which need not be there. They come first.

    Raises:
        UsageError: there is no such platform, or its file does not say what it must.
    """
    folder = _folder_of(name, own)
    if not folder and "/" in name:
        raise UsageError(f"{Path(name).resolve()} is no platform: it has no platform.toml")
    if not folder:
        known = ", ".join(platform_names(*_folders(own)))
        raise UsageError(f"no platform {name!r}; there are: {known}")
    if not _NAME.fullmatch(folder.name):
        raise UsageError(
            f"{folder}: the folder's name is the platform's, of letters, digits, '.', '_' and '-'"
        )
    path = folder / "platform.toml"
    return _parse(folder, path, read_toml(path))


def is_platform(name: str, own: Path | None = None) -> bool:
    """Whether there is one of this name; as for ``load_platform``."""
    return _folder_of(name, own) is not None


def _folder_of(name: str, own: Path | None) -> Path | None:
    found = [Path(name).resolve()] if "/" in name else [f / name for f in _folders(own)]
    return next((folder for folder in found if (folder / "platform.toml").is_file()), None)


def _folders(own: Path | None) -> list[Path]:
    return [own.resolve(), paths.PLATFORMS] if own else [paths.PLATFORMS]


def platform_names(*folders: Path) -> list[str]:
    """The platforms that there are in these folders, sorted."""
    return sorted({file.parent.name for f in folders for file in f.glob("*/platform.toml")})


def _parse(folder: Path, path: Path, content: dict[str, Any]) -> Platform:
    values = {**_DEFAULTS, **content}
    expected = {field.name for field in fields(Platform)} - {"name", "folder"}
    missing, unknown = sorted(expected - values.keys()), sorted(values.keys() - expected)
    if missing or unknown:
        raise UsageError(f"{path}: missing keys {missing}, unknown keys {unknown}")
    try:
        return msgspec.convert({**values, "name": folder.name, "folder": folder}, Platform)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}") from error
