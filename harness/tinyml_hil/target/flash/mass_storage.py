"""The ST-LINK's mass storage volume: programming by copying a .bin, as the guide does."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tinyml_hil.errors import LinkError, SetupError
from tinyml_hil.target.flash.base import Flasher, Job

TIMEOUT = 60.0
"""Seconds in which the probe has to take the image and come back."""
_POLL = 0.1
_FAILURE = "FAIL.TXT"


class MassStorage(Flasher):
    """Copies the ELF's raw image and waits for the volume to come back without it.

    The probe ejects the volume while it programs, mounts it again when it is done, and leaves
    FAIL.TXT there if it failed; not always, so the build id has to be asked for afterwards.
    """

    name = "mass-storage"

    def check(self, job: Job) -> None:
        self._volume(job)

    def program(self, job: Job) -> None:
        volume, image = self._volume(job), job.image()
        copy = volume / f"{job.elf.stem}.bin"
        (volume / _FAILURE).unlink(missing_ok=True)
        try:
            _write(image, copy)
        except OSError as error:
            raise LinkError(f"cannot copy {copy.name} to {volume}: {error.strerror}") from error
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            time.sleep(_POLL)  # nothing can be awaited: the file system is taken away and remade
            # Asked in this order, a failure that comes as the copy goes is not missed.
            taken = volume.is_dir() and not copy.exists()
            if problem := _failure(volume):
                raise LinkError(f"the probe refused {copy.name}: {problem}")
            if taken:
                return
        raise LinkError(
            f"{volume} still holds {copy.name} after {TIMEOUT:g} s: is it the probe's volume? "
            "Unplug the board, plug it in again, and see that it mounts"
        )

    def _volume(self, job: Job) -> Path:
        if job.volume:
            if not job.volume.is_dir():
                raise SetupError(f"{job.volume} is not a folder: is the board's volume mounted?")
            return job.volume
        found = [v for v in _mounted() if v.name in job.platform.volumes]
        if not found:
            names = " or ".join(job.platform.volumes) or "(the platform names none)"
            raise SetupError(f"no volume {names} is mounted: name it with --volume")
        if len(found) > 1:
            listed = ", ".join(map(str, found))
            raise SetupError(f"two boards are mounted: {listed}; choose one with --volume")
        return found[0]


def _write(image: bytes, destination: Path) -> None:
    with destination.open("wb") as file:
        file.write(image)
        file.flush()
        os.fsync(file.fileno())


def _failure(volume: Path) -> str:
    try:
        return (volume / _FAILURE).read_text(errors="replace").strip()
    except OSError:
        return ""


def _mounted() -> list[Path]:
    """Volumes where desktops mount them: udisks on Linux, and macOS."""
    roots = {"darwin": ["/Volumes"]}.get(sys.platform, ["/media", "/run/media", "/mnt"])
    found: list[Path] = []
    for root in map(Path, roots):
        found += [path for pattern in ("*", "*/*") for path in root.glob(pattern)]
    return [path for path in found if path.is_dir()]
