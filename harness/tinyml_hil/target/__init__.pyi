from .base import (
    MemoryLane as MemoryLane,
    ProgrammedTarget as ProgrammedTarget,
    Target as Target,
    TargetOptions as TargetOptions,
)
from .board import find_port as find_port
from .debugger import VTOR as VTOR, Debugger as Debugger, Registers as Registers
from .executed import (
    Ranges as Ranges,
    keep_ranges as keep_ranges,
    read_executed as read_executed,
)
from .flash import (
    FLASHERS as FLASHERS,
    CommandFlasher as CommandFlasher,
    Flasher as Flasher,
    Job as Job,
)
from .link import (
    HoldingLink as HoldingLink,
    Link as Link,
    SocketLink as SocketLink,
    Transcript as Transcript,
)
from .pseudo_terminal import serve_at_pseudo_terminal as serve_at_pseudo_terminal
from .renode import DRIVERS as DRIVERS
from .renode_install import install_renode as install_renode
from .targets import target_class as target_class, target_names as target_names
