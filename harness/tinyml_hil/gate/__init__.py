"""Gates: what a run must keep: budgets, and the baselines that they compare it with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
