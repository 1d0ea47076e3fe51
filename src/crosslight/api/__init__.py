"""What a Python user calls: the runs of the command line as functions, their folders as objects.

`crosslight.build_dataset`, `judge_images`, `assess_images`, `run_bench`, `open_run`.
"""

import lazy_loader

# The names of this room stand in `__init__.pyi`; each is loaded when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
