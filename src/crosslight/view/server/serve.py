"""Starts the viewer on an address and says where it is."""

import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from crosslight.records import BadSetting
from crosslight.view.server.fence import LOCAL, is_loopback, new_token
from crosslight.view.server.opened import Opened, Places

GRACE_S: Final = 1.0
"""Seconds that pages which are being made get at a stop; one that listens to a run for ever too."""


def serve(
    runs: Mapping[str, Opened],
    bound: socket.socket,
    *,
    host: str,
    allow: Sequence[str] = (),
    token: str | None = None,
    told: Callable[[str, str], None],
    stopped: Callable[[], None] = lambda: None,
) -> None:
    """Serve on a bound address, which is known as `host`, until somebody stops it. `told` gets the
    address and the token ("" on loopback).

    A stop is what a viewer waits for: `stopped` is called in the end, from any thread, at a second
    signal at once, and has to end the process.
    """
    import uvicorn

    from crosslight.view.server.app import application

    secret = token if token is not None else ("" if is_loopback(host) else new_token())
    hosts = (*LOCAL, *allow, *(() if host in ("0.0.0.0", "::") else (host,)))  # noqa: S104

    class Server(uvicorn.Server):
        """One that is not interrupted, but stopped."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            if self.should_exit:
                stopped()
            self.should_exit = True
            late = threading.Timer(GRACE_S, stopped)
            late.daemon = True
            late.start()

    server = Server(
        uvicorn.Config(
            application(runs, hosts=hosts, token=secret),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=30,  # it complains of each page that it breaks off
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):  # who reads the address may stop it at once
        signal.signal(number, server.handle_exit)
    told(f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}/", secret)
    threading.Thread(target=_warm, args=(runs,), daemon=True, name="warm").start()
    server.run(sockets=[bound])
    stopped()


def _warm(runs: Mapping[str, Opened]) -> None:
    """What nobody has asked for yet, and somebody will."""
    from crosslight.view.server.kinds.routes import load_pages
    from crosslight.view.server.render import load_templates

    load_templates()
    if isinstance(runs, Places):
        runs.warm()
    load_pages()


def take_address(host: str, port: int) -> socket.socket:
    """Bind and listen, before anything is opened. Raises `BadSetting` where that is not to be
    had; `port` 0 takes a free one."""
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
