from .case import Case as Case
from .evidence import Evidence as Evidence
from .examiner import examine as examine
from .found import (
    EXPLANATION as EXPLANATION,
    Explanation as Explanation,
    load_explanation as load_explanation,
)
from .hypotheses import HYPOTHESES as HYPOTHESES
from .hypothesis import Candidate as Candidate, Hypothesis as Hypothesis
from .reasons import explain_run as explain_run, quick_reason as quick_reason
