"""Campaign record: campaign.json, in the folder that a campaign leaves behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from tinyml_hil.files import write_json_atomically
from tinyml_hil.record.facts import (
    BudgetFacts,
    Count,
    DatasetFacts,
    FirmwareFacts,
    GitFacts,
    ModelFacts,
    Text,
)
from tinyml_hil.record.run_record import CAMPAIGN, SCHEMA, Status

_Share = Annotated[float, Meta(ge=0, le=1)]


class ChoiceFacts(TypedDict):
    """What was asked for."""

    where: list[Text]
    kind: Text
    seed: Count
    faults: Count | None
    margin: float | None
    layer: Count | None
    first_address: Count | None
    last_address: Count | None


class RateFacts(TypedDict):
    """A rate, and the ends of the interval that it is in."""

    rate: _Share | None
    """None where nothing has a result."""
    low: _Share
    high: _Share


class LayerRateFacts(RateFacts):
    """That of what belongs to one op."""

    layer: Text
    bits: Count
    faults: Count


@dataclass
class CampaignRecord:
    """What was disturbed, how, and what came of it; docs/campaigns.md has every key."""

    id: Text
    command: Annotated[list[Text], Meta(min_length=1)]
    started: Text
    """UTC, ISO 8601."""
    target: Text
    platform: Text
    firmware: FirmwareFacts
    model: ModelFacts
    dataset: DatasetFacts
    choice: ChoiceFacts
    schema: int = SCHEMA
    ended: Text = ""
    """UTC, ISO 8601; empty while it runs."""
    status: Status = "running"
    failures: list[str] = field(default_factory=list)
    """One message each; empty if the campaign passed."""
    unit: Text = ""
    """Of ticks, one of ``UNITS``; empty if nothing counts them."""
    options: dict[str, Any] = field(default_factory=dict)
    """Every option of the session, as it was given or by default."""
    versions: dict[str, Text] = field(default_factory=dict)
    git: GitFacts = field(default_factory=GitFacts)
    """Of the project that the campaign was started in."""
    plan: Text = ""
    """SHA-256 of all faults and of what the device gives without them."""
    population: Count = 0
    """Bits that could be hit."""
    inputs: list[Count] = field(default_factory=list)
    """The dataset's, which the device gets right."""
    outcomes: dict[str, Count] = field(default_factory=dict)
    critical: RateFacts | None = None
    """None until it has ended."""
    layers: list[LayerRateFacts] = field(default_factory=list)
    """The same for each, the worst first."""
    budgets: list[BudgetFacts] = field(default_factory=list)

    @property
    def hit(self) -> str:
        """What was hit, and how: ``weights, biases, flip``."""
        choice = self.choice
        layer = "" if choice["layer"] is None else f", layer {choice['layer']}"
        first, last = choice["first_address"], choice["last_address"]
        there = "" if first is None or last is None else f", {first:#x}-{last:#x}"
        return f"{', '.join(choice['where'])}{layer}{there}, {choice['kind']}"

    @property
    def series(self) -> str:
        """What campaigns have in common whose rates belong into one line."""
        return f"{self.hit}, {sum(self.outcomes.values()):,} faults"

    @property
    def title(self) -> str:
        """What was disturbed on what, for people."""
        return f"{self.model['name']} on {self.target}, {self.platform}: {self.hit}"

    def properties(self) -> dict[str, str]:
        """What identifies the campaign and what it came to, for a test report."""
        facts = {
            "campaign": self.id,
            "build_id": self.firmware["build_id"],
            "model_sha256": self.model["sha256"],
            "dataset_sha256": self.dataset["sha256"],
            "bits": self.population,
            **self.outcomes,
            **{f"critical_{name}": value for name, value in (self.critical or {}).items()},
        }
        return {name: str(value) for name, value in facts.items()}

    def save(self, folder: Path) -> None:
        """Writes campaign.json, atomically.

        Raises:
            OSError: it could not be written; an older one is there still.
        """
        write_json_atomically(folder / CAMPAIGN, asdict(self))
