"""Crew: where work is done: in processes of this machine, or on a cluster's workers."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from tinyml_hil.errors import UsageError
from tinyml_hil.run.cluster import ClusterWorkers
from tinyml_hil.run.parcel import require_portable
from tinyml_hil.run.scheduler import require_distributed
from tinyml_hil.run.workers import Crew, Work, Workers
from tinyml_hil.session import Session

T = TypeVar("T")


def crew_of(
    session: Session, work: Work[T], workers: int, cluster: str | None, transcripts: Path
) -> Crew[T]:
    """Those who do work.

    Args:
        session: whose ``check()`` has succeeded, and ``require_cluster``.
        work: what they share.
        workers: how many, on this machine.
        cluster: the address of a scheduler of Dask's, whose workers do it instead.
        transcripts: folder for what is said over the links on this machine.

    Raises:
        HilError: there is no such cluster.
    """
    if cluster:
        return ClusterWorkers(session, work, cluster)
    return Workers(session, work, workers, transcripts)


def require_cluster(session: Session, workers: int, cluster: str | None) -> None:
    """Refuses a cluster that cannot do a session's work, before anything runs.

    Raises:
        UsageError: its address is none, or the work is tied to this machine.
        SetupError: what speaks with a cluster is not installed.
    """
    if not cluster:
        return
    if workers > 1:
        raise UsageError("--cluster has workers of its own: leave --workers out")
    require_distributed(cluster)
    require_portable(session)
