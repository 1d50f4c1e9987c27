"""Explanation: why a device's outputs are not the host's, by causes that reproduce every one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
