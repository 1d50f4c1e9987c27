"""Facts: the shapes of what run.json says of firmware, model, dataset and the rest."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tinyml_hil.choices import TASKS

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""Any number of bytes, images or ticks; no larger than JSON's readers and databases agree on."""
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]
"""What may be a part of a path: neither a path nor PostgreSQL's text can have a NUL."""
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class SizesFacts(TypedDict):
    """Bytes of an ELF, as ``Sizes``."""

    flash: Count
    ram: Count
    model: Count
    selftest: Count
    arena: Count
    stack: Count


class FirmwareFacts(TypedDict):
    """The firmware of a run."""

    build_id: Text
    sha256: Sha256
    path: Text
    sizes: SizesFacts


class TaskFacts(TypedDict):
    """What the outputs of a model are answers to, and how they are read."""

    name: Annotated[str, Meta(pattern=rf"\A({'|'.join(TASKS)})\Z")]
    threshold: float | None
    """What a score has to be above to count, a real value; None if nothing is known of it."""
    middle: float
    """The single score that speaks for both of two classes alike."""
    shape: list[Count]
    """Of the output; and its type, scale and zero point."""
    type: Annotated[str, Meta(pattern=r"\A(u?int(8|16|32|64)|float(32|64)|bool)\Z")]
    scale: float
    zero_point: int


class ModelFacts(TypedDict):
    """The model of a run."""

    name: Text
    path: Text
    sha256: Sha256
    macs: Count
    preprocessing: dict[str, Any]
    task: NotRequired[TaskFacts]
    """Not said of a classifier in records of before."""


class DatasetFacts(TypedDict):
    """The inputs of a run."""

    name: Text
    what: NotRequired[Text]
    """What an input is called: image or input; image where it is not said."""
    path: Text
    sha256: Sha256
    images: Count
    duplicates: Count
    selection: Text
    classes: list[Text]


class GitFacts(TypedDict, total=False):
    """The revision of a project; empty where there is none."""

    revision: Text
    branch: Text
    """Empty where none is checked out; not said in records of before."""
    dirty: bool


class TestFacts(TypedDict):
    """How the tests of one function ended."""

    name: str
    passed: Count
    failed: Count
    skipped: Count
    why: list[str]
    """The reasons why some were skipped."""


class LayerFacts(TypedDict):
    """What one op takes."""

    index: Count
    op: Text
    ticks: Count
    macs: Count


class ShareFacts(TypedDict):
    """What one of several devices did that divided the inputs among them."""

    device: Text
    """Its word on the command line."""
    inputs: Count
    exact: Count
    unstable: Count
    link: dict[str, Count]
    """How often something went wrong on its link, as ``Device.mishaps``."""


class BudgetFacts(TypedDict):
    """What a run made of one budget."""

    name: Text
    value: float
    limit: float
    baseline: float | None
    ok: bool
    since: Text


class CoverageFacts(TypedDict):
    """How much of one folder of sources has run."""

    folder: Text
    lines: Annotated[int, Meta(ge=1, le=2**53)]
    """That have code in the ELF."""
    lines_run: Count
    functions: Count
    """That have code of their own in the ELF."""
    functions_run: Count
