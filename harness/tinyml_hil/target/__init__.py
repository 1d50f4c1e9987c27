"""Targets: how firmware is run and reached: QEMU, Renode, a board. Knows no protocol."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
