from .base import (
    MemoryLane as MemoryLane,
    ProgrammedTarget as ProgrammedTarget,
    Target as Target,
    TargetOptions as TargetOptions,
)
from .board import find_port as find_port
from .flash import (
    CHOICES as CHOICES,
    FLASHERS as FLASHERS,
    CommandFlasher as CommandFlasher,
    Flasher as Flasher,
    Job as Job,
)
from .link import Link as Link, Transcript as Transcript
from .renode import DRIVERS as DRIVERS
from .targets import TARGETS as TARGETS, target_class as target_class
