from .campaign import Campaign as Campaign, held as held
from .compare import (
    CampaignComparison as CampaignComparison,
    ChangedFault as ChangedFault,
    Pair as Pair,
    compare_campaigns as compare_campaigns,
)
from .faults import (
    KINDS as KINDS,
    WHERE as WHERE,
    Fault as Fault,
    Kind as Kind,
    Region as Region,
    Space as Space,
)
from .injection import Golden as Golden, Injector as Injector
from .outcomes import Outcome as Outcome, Result as Result
from .plan import Choice as Choice, Plan as Plan
from .replay import Replay as Replay, Step as Step, run_again as run_again
from .space import space_of as space_of
from .statistics import (
    Rate as Rate,
    failures_in_time as failures_in_time,
    sample_size as sample_size,
)
from .table import TABLE as TABLE
from .tally import Group as Group, Tally as Tally, tally_of as tally_of
