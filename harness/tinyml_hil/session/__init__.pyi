from .checks import (
    NO_IMAGES as NO_IMAGES,
    difference as difference,
    differences as differences,
    instability as instability,
    selftest_images as selftest_images,
    selftest_labels as selftest_labels,
    selftest_predictions as selftest_predictions,
    tensor_mismatch as tensor_mismatch,
)
from .devices import sessions_of as sessions_of
from .engines import EngineFacts as EngineFacts, Engines as Engines
from .evaluation import (
    Evaluation as Evaluation,
    inputs_together as inputs_together,
    labelled as labelled,
    record_of as record_of,
)
from .given import read_input as read_input
from .ladder import Ladder as Ladder, Rung as Rung
from .options import (
    Options as Options,
    chosen_target as chosen_target,
    help_of as help_of,
    load_options as load_options,
    option_kinds as option_kinds,
    option_name as option_name,
    takes_several as takes_several,
)
from .recorded import recorded_session as recorded_session
from .reference_choice import ReferenceChoice as ReferenceChoice
from .session import Session as Session
