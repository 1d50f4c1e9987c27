from .baselines import (
    baseline_of as baseline_of,
    load_baseline as load_baseline,
    save_baseline as save_baseline,
)
from .budgets import (
    Budgets as Budgets,
    Outcome as Outcome,
    check_record as check_record,
    load_budgets as load_budgets,
    plain_outcomes as plain_outcomes,
)
