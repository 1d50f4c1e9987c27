"""History: every run on record, in SQLite or PostgreSQL, to see what changed and since when."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
