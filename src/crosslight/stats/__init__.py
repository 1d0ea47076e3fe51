"""Intervals, bootstrap, agreement, tests, partly labelled populations, shortcuts of a dataset."""

import lazy_loader

# The names of this room stand in `__init__.pyi`; each is loaded when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
