"""Opening llama.cpp's server in process: the one place that gives it files."""

from pathlib import Path
from typing import Any

QUIET = -1
"""Below llama.cpp's lowest level: its own log goes nowhere."""


def open_server(model: Path, mmproj: Path | None, *, ctx: int, threads: int, key: str) -> Any:
    """Load the files. Raises ImportError, RuntimeError, ValueError; a file made to harm may crash
    the process."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    if mmproj is not None:
        params.mmproj.path = str(mmproj)
    params.n_ctx = ctx
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.verbosity = QUIET
    params.warmup = False
    # It also listens on loopback; a key that nobody has keeps other users of the machine out.
    params.api_keys = [key]
    return xllamacpp.Server(params)
