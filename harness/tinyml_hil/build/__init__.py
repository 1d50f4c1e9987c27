"""Build: firmware from sources for a platform, and what an ELF holds."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
