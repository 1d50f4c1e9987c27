"""tinyml-hil: proves that a model gives the same bits on a microcontroller as on the host."""

from importlib.metadata import version

__version__ = version("tinyml-hil")
