"""Recorded: the session of a run that is on record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tinyml_hil.record import RunRecord
from tinyml_hil.session.options import Options
from tinyml_hil.session.session import Session


def recorded_session(record: RunRecord) -> Session:
    """What the run was made with, the default images where they were; whether it is all still
    there, and the same, is not looked at.

    Raises:
        UsageError: the record's options are damaged.
    """
    options = Options.from_plain(record.options)
    return Session(replace(options, dataset=Path(record.dataset["path"])))
