"""Sessions: the parts of a run, made from the options that choose them, and what is checked."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
