"""Datasets: labelled inputs, the layouts they are read from, and which of them a run takes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
