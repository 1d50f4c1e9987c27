"""What was found: the explanation of a run's differences, in words and in explanation.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record import Count, damage_named, read_json

EXPLANATION = "explanation.json"
_SCHEMA = 1
_Base64 = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9+/=]*\Z")]


@dataclass
class Told:
    """A cause that was tried."""

    hypothesis: str
    """The name of its kind."""
    sentence: str


@dataclass
class Closest(Told):
    """The cause that came closest, where none is right."""

    index: Count
    """The input that refuted it."""
    right: Count
    """Values of that input which differ from the host, and are as this cause has them."""
    differing: Count
    """Values of that input which differ from the host."""
    reproduced: Count = 0
    """Inputs before that one which it reproduces."""


@dataclass
class CaseFacts:
    """One of the inputs that were looked at."""

    index: Count
    title: str
    differing: list[Count]
    """Positions, in these lists, of the values that differ; none, where it agrees."""
    device: list[float]
    """The output; of what was printed, the values that were."""
    host: list[float]
    seen: _Base64 = ""
    """A PNG in base64, of some: the image as the device took it, if that is the cause."""


@dataclass
class Explanation:
    """Why the outputs of a run differ from the host's, as far as that was found."""

    run: str
    """The run's id; empty while it is under way."""
    reference: str
    inputs: Count
    """Of the run."""
    different: Count
    """Inputs of the run whose output is not the host's."""
    cases: list[CaseFacts] = field(default_factory=list)
    """The inputs that a cause had to reproduce."""
    cause: Told | None = None
    same: list[Told] = field(default_factory=list)
    """Others that give the same outputs for these inputs."""
    closest: Closest | None = None
    """None if there is a cause, or nothing that was tried gives one value that differs."""
    tried: Count = 0
    """Causes that were tried."""
    left_out: list[str] = field(default_factory=list)
    """What could not be tried, and why."""
    schema: int = _SCHEMA

    @property
    def explained(self) -> bool:
        """Whether nothing is without its cause."""
        return not self.different or self.cause is not None

    @property
    def sentence(self) -> str:
        """All of it, for a line of text."""
        return f"{self.verdict}. {self.note}" if self.note else self.verdict

    @property
    def verdict(self) -> str:
        """The cause, or that there is none."""
        if not self.different:
            return f"nothing differs in the run's {self.inputs:,} inputs"
        return self.cause.sentence if self.cause else "nothing that was tried explains it"

    @property
    def note(self) -> str:
        """What speaks for the verdict; empty if nothing differs."""
        if not self.different:
            return ""
        if self.cause:
            values = sum(len(case.device) for case in self.cases)
            differing = sum(bool(case.differing) for case in self.cases)
            return (
                f"This gives each of the {values:,} values of {_counted(len(self.cases))}, of "
                f"which {differing:,} {'differs' if differing == 1 else 'differ'}."
            )
        near = self.closest
        said = f"Of {self.tried:,} causes none gives every value"
        if near is None:
            return f"{said}."
        before = f"{_counted(near.reproduced)}, and then " if near.reproduced else ""
        return (
            f"{said}; what came closest: {near.sentence} ({before}{near.right} of the "
            f"{near.differing} values of image {near.index} that differ)."
        )

    def to_plain(self) -> dict[str, Any]:
        """As plain types, for JSON."""
        return asdict(self) | {"explained": self.explained, "sentence": self.sentence}

    def save(self, folder: Path) -> None:
        """Writes explanation.json into a run's folder, atomically.

        Raises:
            OSError: it could not be written; an older one is there still.
        """
        text = json.dumps(self.to_plain(), indent=1, ensure_ascii=False)
        write_atomically(folder / EXPLANATION, text.encode(errors="replace"))


class _Versioned(TypedDict):
    schema: int


def load_explanation(folder: Path) -> Explanation | None:
    """The explanation in a run's folder; None if it has not been explained.

    Raises:
        UsageError: it is damaged, or of another version.
    """
    path = folder / EXPLANATION
    if not path.exists():
        return None
    schema = read_json(path, _Versioned)["schema"]
    if schema != _SCHEMA:
        raise UsageError(
            f"{path} has schema {schema}; this version reads {_SCHEMA} only: explain it again"
        )
    with damage_named(path):
        found = msgspec.json.decode(path.read_bytes(), type=Explanation)
        _require_whole(found)
    return found


def _require_whole(found: Explanation) -> None:
    """Raises ValueError where the parts, each right, are not right together."""
    for case in found.cases:
        if len(case.host) != len(case.device) or max(case.differing, default=-1) >= len(case.host):
            raise ValueError(f"the values of image {case.index} do not belong together")


def _counted(inputs: int) -> str:
    return f"{inputs:,} input{'' if inputs == 1 else 's'}"
