"""Reports: the files that a run left, as a page and as a summary for a chat message."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
