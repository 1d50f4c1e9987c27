"""Runs: one that is under way, its workers, and all that it was made with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
