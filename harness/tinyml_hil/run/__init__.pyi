from .ongoing_run import OngoingRun as OngoingRun, device_facts as device_facts
from .provenance import versions_of as versions_of
from .workers import Workers as Workers
