from .agreement import Agreement as Agreement, Disagreement as Disagreement, Row as Row
from .campaign_record import (
    CampaignRecord as CampaignRecord,
    ChoiceFacts as ChoiceFacts,
    LayerRateFacts as LayerRateFacts,
    RateFacts as RateFacts,
)
from .chance import guessing_hint as guessing_hint
from .facts import (
    BudgetFacts as BudgetFacts,
    Count as Count,
    CoverageFacts as CoverageFacts,
    DatasetFacts as DatasetFacts,
    FirmwareFacts as FirmwareFacts,
    GitFacts as GitFacts,
    ModelFacts as ModelFacts,
    ShareFacts as ShareFacts,
    SizesFacts as SizesFacts,
    TaskFacts as TaskFacts,
)
from .input_record import (
    UNSAID as UNSAID,
    InputRecord as InputRecord,
    OutputPair as OutputPair,
    Summary as Summary,
    summarise as summarise,
)
from .joint import (
    JointDevice as JointDevice,
    JointRecord as JointRecord,
    find_joint as find_joint,
    load_joint as load_joint,
)
from .journal import LineJournal as LineJournal
from .measures import (
    COVERAGE as COVERAGE,
    CRITICAL as CRITICAL,
    MEASURES as MEASURES,
    OF_ANSWERS as OF_ANSWERS,
    UNITS as UNITS,
    Circumstances as Circumstances,
    circumstances_of as circumstances_of,
    coverage_in as coverage_in,
    coverage_sentence as coverage_sentence,
    engine_of as engine_of,
    folder_of as folder_of,
    heading_of as heading_of,
    link_sentence as link_sentence,
    measure_of as measure_of,
    measures_of as measures_of,
    repeats_of as repeats_of,
)
from .metrics import Metrics as Metrics
from .reading import (
    campaign_of as campaign_of,
    damage_named as damage_named,
    load_campaign as load_campaign,
    load_either as load_either,
    load_record as load_record,
    read_json as read_json,
    record_of as record_of,
)
from .run_record import (
    CAMPAIGN as CAMPAIGN,
    JOINT as JOINT,
    JOURNAL as JOURNAL,
    JUNIT as JUNIT,
    LATEST as LATEST,
    MAP as MAP,
    RECORD as RECORD,
    RESULTS as RESULTS,
    TRANSCRIPTS as TRANSCRIPTS,
    RunRecord as RunRecord,
    Status as Status,
    find_run as find_run,
    folder_with as folder_with,
    new_folder as new_folder,
    run_folders as run_folders,
    utc_now as utc_now,
)
from .sharing import share_sentences as share_sentences, shares_of as shares_of
from .storage import (
    Journal as Journal,
    load_results as load_results,
    record_from_plain as record_from_plain,
    record_to_plain as record_to_plain,
    save_results as save_results,
)
from .summary import (
    joint_rows as joint_rows,
    quality_tables as quality_tables,
    summary_rows as summary_rows,
)
from .tasks import (
    SIDES as SIDES,
    ClassScore as ClassScore,
    Score as Score,
    Task as Task,
    task_from as task_from,
    task_of as task_of,
    task_of_run as task_of_run,
)
