from .case import Case as Case
from .evidence import Evidence as Evidence
from .examiner import examine as examine
from .found import (
    EXPLANATION as EXPLANATION,
    CaseFacts as CaseFacts,
    Explanation as Explanation,
    Told as Told,
    load_explanation as load_explanation,
)
from .hypotheses import HYPOTHESES as HYPOTHESES
from .hypothesis import Candidate as Candidate, Hypothesis as Hypothesis
from .reasons import explain_quickly as explain_quickly, explain_run as explain_run
