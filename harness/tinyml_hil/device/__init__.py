"""Devices: what a test talks to, the same whatever the firmware speaks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
