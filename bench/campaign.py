"""How many faults a second one worker writes into the weights of the default model on QEMU."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from fixtures import places
from tinyml_hil.campaign import Campaign, Choice, held
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session

FAULTS = 300


def main() -> None:
    """Prints it, from the first result to the last."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), {"cache": str(places.BUILD), "reports": "reports"})
        session = held(Session(replace(Options(), target="qemu"), project))
        choice = Choice(("weights",), "flip", seed=0, faults=FAULTS)
        campaign = Campaign.begin(session, choice, ["bench"])
        times = [time.perf_counter() for results in campaign.run(1) for _ in results]
        campaign.finish(project.history)
        session.close()
    print(f"faults a second on one worker: {(len(times) - 1) / (times[-1] - times[0]):.1f}")


if __name__ == "__main__":
    main()
