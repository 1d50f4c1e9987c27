"""Models: what a .tflite file holds, how inputs are made for it, and the references that run it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
