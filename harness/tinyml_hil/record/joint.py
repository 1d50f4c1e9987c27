"""Joint record: the runs of several devices that belong together, and whether these agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from tinyml_hil.files import write_json_atomically
from tinyml_hil.record.facts import Count, Text
from tinyml_hil.record.reading import read_json, require_schema
from tinyml_hil.record.run_record import JOINT, LATEST, Status, folder_with, run_folders

_SCHEMA = 1


class JointDevice(TypedDict):
    """One of the devices."""

    name: Text
    run: Text
    """The id of its run, whose folder lies beside this one's; empty if that came to nothing."""


@dataclass
class JointRecord:
    """Several runs that are one; docs/results.md has every key."""

    id: Text
    command: Annotated[list[Text], Meta(min_length=1)]
    started: Text
    """UTC, ISO 8601."""
    devices: list[JointDevice]
    options: dict[str, Any]
    """Every option of all devices alike, and as ``device`` what was given for each."""
    schema: int = _SCHEMA
    ended: Text = ""
    """UTC, ISO 8601; empty while it runs."""
    status: Status = "running"
    inputs: Count = 0
    """That every device had whose bytes can be compared."""
    equal: Count = 0
    """Of these, for which all gave the same bytes."""
    disagreements: list[str] = field(default_factory=list)
    """A sentence for each device that gives other bytes."""
    notes: list[str] = field(default_factory=list)
    """What could not be compared, and why."""

    @property
    def agreement(self) -> str:
        """For how many inputs all gave the same; empty if none can be compared."""
        return (
            f"the same bytes on all devices: {self.equal:,}/{self.inputs:,}" if self.inputs else ""
        )

    def save(self, folder: Path) -> None:
        """Writes joint.json, atomically.

        Raises:
            OSError: it could not be written; an older one is there still.
        """
        write_json_atomically(folder / JOINT, asdict(self))


def load_joint(folder: Path) -> JointRecord:
    """Reads the joint.json of a folder.

    Raises:
        UsageError: there is none, or it is not one that this version can read.
    """
    path = folder / JOINT
    require_schema(path, _SCHEMA)
    return read_json(path, JointRecord)


def find_joint(name: str, reports: Path) -> Path | None:
    """The folder of a joint run, by its id or its path; None if it is none.

    ``latest`` is one if the run that started last is a part of it.

    Raises:
        UsageError: what joins the latest runs is damaged.
    """
    if name != LATEST:
        return folder_with(JOINT, name, reports)
    joints = run_folders(reports, JOINT)
    last = [folder.name for folder in run_folders(reports)[-1:]]
    if joints and last and last[0] in (each["run"] for each in load_joint(joints[-1]).devices):
        return joints[-1]
    return None
