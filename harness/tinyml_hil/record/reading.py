"""Reading: a run's files as what they have to be; anything else is refused in one sentence.

They are what a full disk, a copy that was cut short or another version of the harness left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import msgspec

from tinyml_hil.errors import UsageError
from tinyml_hil.record.campaign_record import CampaignRecord
from tinyml_hil.record.measures import MEASURES, folder_of
from tinyml_hil.record.run_record import CAMPAIGN, RECORD, SCHEMA, RunRecord

T = TypeVar("T")
R = TypeVar("R", RunRecord, CampaignRecord)
_TOGETHER = {
    "numbers": {"images", "exact", "ticks_mean"},
    "memory": {"arena_used", "arena_size", "stack_used", "stack_size"},
    "git": {"revision", "dirty"},
}
"""Tables of a record that are empty, or have these and perhaps more."""


class _Versioned(TypedDict):
    schema: int


@contextmanager
def damage_named(file: str | Path) -> Iterator[None]:
    """Whatever is wrong with the content of a file is said with its name.

    Raises:
        UsageError: instead of OSError, ValueError and RecursionError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is damaged: {error}") from error


def read_json(path: Path, kind: type[T]) -> T:
    """The content of a file of JSON; what ``kind`` does not have is left out.

    Raises:
        UsageError: it cannot be read, or is not of this kind.
    """
    with damage_named(path):
        return msgspec.json.decode(path.read_bytes(), type=kind)


def load_record(folder: Path) -> RunRecord:
    """Reads the run.json of a run's folder.

    Raises:
        UsageError: there is none, or it is not one that this version can read.
    """
    path = folder / RECORD
    require_schema(path, SCHEMA)
    return record_of(read_json(path, dict[str, Any]), path)


def load_campaign(folder: Path) -> CampaignRecord:
    """Reads the campaign.json of a campaign's folder.

    Raises:
        UsageError: as ``load_record``.
    """
    path = folder / CAMPAIGN
    require_schema(path, SCHEMA)
    return campaign_of(read_json(path, dict[str, Any]), path)


def load_either(folder: Path) -> RunRecord | CampaignRecord:
    """Reads the record of a run or of a campaign.

    Raises:
        UsageError: as ``load_record``.
    """
    return load_campaign(folder) if (folder / CAMPAIGN).is_file() else load_record(folder)


def require_schema(path: Path, wanted: int) -> None:
    """Refuses a file of JSON whose ``schema`` is not ``wanted``.

    Raises:
        UsageError: it has another, or none, or cannot be read.
    """
    schema = read_json(path, _Versioned)["schema"]
    if schema != wanted:
        raise UsageError(f"{path} has schema {schema}; this version reads {wanted} only")


def record_of(content: dict[str, Any], file: str | Path) -> RunRecord:
    """The record that ``content`` is in plain types; ``file`` is where it is from.

    Raises:
        UsageError: it is something else.
    """
    return _whole(content, file, RunRecord)


def campaign_of(content: dict[str, Any], file: str | Path) -> CampaignRecord:
    """The same of a campaign.

    Raises:
        UsageError: it is something else.
    """
    return _whole(content, file, CampaignRecord)


def _whole(content: dict[str, Any], file: str | Path, kind: type[R]) -> R:
    with damage_named(file):
        record = msgspec.convert(content, kind)
        _require_whole(record)
    return record


def _is_measure(name: str) -> bool:
    return name in MEASURES or bool(folder_of(name))


def _require_whole(record: RunRecord | CampaignRecord) -> None:
    """Raises ValueError where the parts of a record, each right, are not right together."""
    for name, wanted in _TOGETHER.items():
        given = getattr(record, name, None)
        if given and (missing := sorted(wanted - given.keys())):
            raise ValueError(f"{name} has no {', '.join(missing)}")
    if unknown := [b["name"] for b in record.budgets if not _is_measure(b["name"])]:
        raise ValueError(f"there is no budget {unknown[0]!r}")
    numbers = record.numbers if isinstance(record, RunRecord) else {}
    if odd := [name for name, value in numbers.items() if not math.isfinite(value)]:
        raise ValueError(f"{odd[0]} is no number")
    for time in filter(None, (record.started, record.ended)):
        datetime.fromisoformat(time)
