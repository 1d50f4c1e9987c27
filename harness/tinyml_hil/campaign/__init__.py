"""Campaigns: faults that are written into a running device, and what each does to its answers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
