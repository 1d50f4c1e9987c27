"""The history's tables. A change here needs a migration in migrations/versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

REVISION = "0003"
"""Of the last migration, after which the tables are these."""


class Base(DeclarativeBase):
    """The base of all tables."""

    type_annotation_map = {dict[str, Any]: JSON, dict[str, int]: JSON}  # noqa: RUF012 # SQLAlchemy's


class Build(Base):
    """One ELF, however many runs it had."""

    __tablename__ = "build"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the ELF."""
    symbols: Mapped[dict[str, int]]
    """Bytes of each symbol; empty if the ELF was gone when its first run was recorded."""


class Run(Base):
    """One run or campaign. What is asked for often has a column; ``record`` has all of its JSON."""

    __tablename__ = "run"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started: Mapped[str] = mapped_column(String(32), index=True)
    """UTC, ISO 8601."""
    status: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(32))
    platform: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(256))
    dataset: Mapped[str] = mapped_column(String(256))
    dataset_sha256: Mapped[str] = mapped_column(String(64))
    images: Mapped[int]
    revision: Mapped[str] = mapped_column(String(64))
    """The Git commit; empty if there was none."""
    branch: Mapped[str] = mapped_column(String(256), server_default="")
    """Empty if it is not known."""
    campaign: Mapped[str] = mapped_column(server_default="")
    """What faults it wrote; empty for a run."""
    folder: Mapped[str]
    """Where its files are: results.npz with the answer to every image, report, transcripts."""
    elf_sha256: Mapped[str] = mapped_column(ForeignKey("build.sha256"))
    record: Mapped[dict[str, Any]]
    metrics: Mapped[list[Metric]] = relationship(cascade="all, delete-orphan")
    budgets: Mapped[list[BudgetOutcome]] = relationship(cascade="all, delete-orphan")


class Metric(Base):
    """One number of a run, by the name that ``tinyml_hil.record.measures`` gives it."""

    __tablename__ = "metric"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class BudgetOutcome(Base):
    """What a run made of one budget."""

    __tablename__ = "budget_outcome"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    ok: Mapped[bool]
