from .crew import crew_of as crew_of, require_cluster as require_cluster
from .crews import results_of_all as results_of_all
from .joint_run import DeviceRun as DeviceRun, JointRun as JointRun, begin_on as begin_on
from .ongoing_run import (
    OngoingRun as OngoingRun,
    device_facts as device_facts,
    with_facts as with_facts,
)
from .provenance import (
    dataset_facts as dataset_facts,
    firmware_facts as firmware_facts,
    git_of as git_of,
    model_facts as model_facts,
    versions_of as versions_of,
)
from .workers import Crew as Crew, Inference as Inference, Work as Work, Workers as Workers
