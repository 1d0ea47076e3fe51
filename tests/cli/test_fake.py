"""`crosslight fake serve` as a process."""

import signal
import subprocess
import sys

import pytest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_server_that_is_stopped_has_done_its_work(number: signal.Signals) -> None:
    words = [sys.executable, "-m", "crosslight", "fake", "serve", "echo", "--port", "0"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        while not server.stdout.readline().startswith("Ctrl-C ends it"):
            assert server.poll() is None
        server.send_signal(number)
        _, told = server.communicate(timeout=60)
    finally:
        server.kill()
    assert (server.returncode, told) == (0, "stopped\n")
