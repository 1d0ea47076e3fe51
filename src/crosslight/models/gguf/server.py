"""Opening llama.cpp's server in process: the one place that gives it files."""

import http.client
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

QUIET = -1
"""Below llama.cpp's lowest level: its own log goes nowhere."""
LISTENS_IN_S = 5.0


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
    server = xllamacpp.Server(params)
    _wait_until_it_works(str(server.listening_address), key)
    return server


def _wait_until_it_works(address: str, key: str) -> None:
    """One that is dropped before its listener and its queue run is waited for without end by its
    own threads. The question about its slots goes through both."""
    place = urlsplit(address)
    if not place.hostname or not place.port:
        return
    asked = http.client.HTTPConnection(place.hostname, place.port, timeout=LISTENS_IN_S)
    with suppress(OSError, http.client.HTTPException):
        asked.request("GET", "/slots", headers={"Authorization": f"Bearer {key}"})
        asked.getresponse().read()
    asked.close()
