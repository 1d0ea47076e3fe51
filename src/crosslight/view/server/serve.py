"""Starts the viewer on an address and says where it is."""

import socket
from collections.abc import Callable, Mapping, Sequence

from crosslight.records import BadSetting
from crosslight.view.server.fence import LOCAL, is_loopback, new_token
from crosslight.view.server.opened import Opened, Places


def serve(
    runs: Mapping[str, Opened],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allow: Sequence[str] = (),
    token: str | None = None,
    told: Callable[[str, str], None],
) -> None:
    """Serve until somebody stops it. `told` gets the address and the token ("" on loopback).

    Raises `BadSetting` where the address cannot be taken.
    """
    import uvicorn

    from crosslight.view.server.app import application

    secret = token if token is not None else ("" if is_loopback(host) else new_token())
    hosts = (*LOCAL, *allow, *(() if host in ("0.0.0.0", "::") else (host,)))  # noqa: S104
    bound = _bound(host, port)
    app = application(runs, hosts=hosts, token=secret)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # a page that listens to a run would never let go
    )
    shown = f"[{host}]" if ":" in host else host
    if isinstance(runs, Places):
        runs.warm()
    told(f"http://{shown}:{bound.getsockname()[1]}/", secret)
    uvicorn.Server(config).run(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)  # who reads the address may ask at once
    except OSError as error:
        found.close()
        raise BadSetting(
            f"the address {host}:{port} cannot be taken: {error.strerror or error}",
            "--port 0 takes a free port",
        ) from error
    return found
