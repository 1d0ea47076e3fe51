"""An endpoint that is not there yet, or no longer, is no property of rows: on each verb."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.busy import BUSY
from tests.runs.forked import Child
from tests.runs.moody import Moody, says
from tests.runs.test_verbs import check_account
from tests.runs.verbs import VERBS, Verb, prepared, ran, summary

QUICK_EACH = pytest.mark.parametrize(
    "verb",
    [
        VERBS[1],
        *(pytest.param(verb, marks=pytest.mark.slow) for verb in (VERBS[0], *VERBS[2:])),
    ],
    ids=lambda verb: verb.name,
)
"""One verb in the main run, for each of these takes its seconds; all with `make test-all`."""

LOADING = ("--wait-for-model", "20")


def loading(body: dict[str, Any], number: int) -> web.Response | None:
    return says(503, "Loading model", type="unavailable_error") if number <= 2 else None


@QUICK_EACH
def test_a_server_that_loads_is_waited_for_with_one_request_at_a_time(
    verb: Verb, tmp_path: Path
) -> None:
    with Moody(prepared(tmp_path, 6), loading) as server:
        done = ran(verb.command(tmp_path, server.spec, "out", *LOADING))
        at_once = server.at_once
    assert done.returncode == 0, done.stderr
    assert set(at_once[:3]) == {1}
    account = check_account(tmp_path / "out")
    assert account["failed"] == account["not_reached"] == 0
    told = summary(tmp_path / "out")
    assert told["calls"]["asked"] == len(at_once)
    assert told["faults"]["server_fault"] == 2


@pytest.mark.parametrize("verb", VERBS[1:3], ids=lambda verb: verb.name)
def test_a_server_that_never_is_ready_fails_the_run_and_no_row(verb: Verb, tmp_path: Path) -> None:
    with Moody(prepared(tmp_path, 6), lambda body, n: says(503, "Loading model")) as server:
        done = ran(verb.command(tmp_path, server.spec, "out", "--wait-for-model", "1"))
    assert done.returncode == 1
    assert "was not ready in 1 s" in done.stderr and "--wait-for-model" in done.stderr
    account = check_account(tmp_path / "out")
    assert (account["failed"], account["not_reached"]) == (0, 6)


@pytest.mark.parametrize("verb", VERBS[:2], ids=lambda verb: verb.name)
@pytest.mark.slow
def test_a_signal_ends_the_wait(verb: Verb, tmp_path: Path) -> None:
    with Moody(prepared(tmp_path, 3), lambda body, n: says(503, "Loading model")) as server:
        child = Child(verb.command(tmp_path, server.spec))
        deadline = time.monotonic() + 60
        while len(server.bodies) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, told = child.communicate(timeout=30)
    assert time.monotonic() - began < 5 * BUSY
    assert child.returncode == 3, told
    assert told.count("waiting for the model to load") == 1


@QUICK_EACH
@pytest.mark.parametrize("last", ["502", "429"])
def test_an_endpoint_that_dies_in_the_middle_stops_the_run(
    verb: Verb, last: str, tmp_path: Path
) -> None:
    alive = 7

    def dies(body: dict[str, Any], number: int) -> web.Response | None:
        if number <= alive:
            return None
        if last == "502":
            return web.json_response({"error": {"message": "Upstream died", "code": 502}})
        return says(429, "quota for today")

    with Moody(prepared(tmp_path, 8), dies) as server:
        more = ("--attempts", "2", "--concurrency", "2")
        command = verb.command(tmp_path, server.spec, "out", *more)
        done = ran(command)
        account = check_account(tmp_path / "out")
        assert done.returncode == 3, done.stderr
        assert "no longer answers" in done.stderr and "run the same command again" in done.stderr
        assert account["failed"] == 0 and account["not_reached"] > 0
        alive = 10_000
        assert ran(command).returncode == 0
    assert check_account(tmp_path / "out")["not_reached"] == 0


@pytest.mark.parametrize("verb", VERBS[1:], ids=lambda verb: verb.name)
def test_a_row_that_breaks_the_endpoint_is_only_that_row(verb: Verb, tmp_path: Path) -> None:
    """Alone at the end of a run it looks as if the endpoint had died; a short question tells."""
    poison: list[str] = []

    def breaks(body: dict[str, Any], number: int) -> web.Response | None:
        text = str(body.get("messages"))
        # A request without a picture may be one that all rows share, such as a prior.
        if not poison and number >= 5 and "data:image" in text:
            poison.append(text)
        return says(500, "CUDA error") if text in poison else None

    with Moody(prepared(tmp_path, 5), breaks) as server:
        more = ("--attempts", "2", "--concurrency", "1")
        done = ran(verb.command(tmp_path, server.spec, "out", *more))
    account = check_account(tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert (account["failed"], account["not_reached"]) == (1, 0)


def test_a_request_that_all_rows_share_and_that_breaks_the_endpoint_fails_them_all(
    tmp_path: Path,
) -> None:
    """The prior of a judge's question. That other requests were answered is not denied."""
    priors: list[str] = []

    def breaks(body: dict[str, Any], number: int) -> web.Response | None:
        text = str(body.get("messages"))
        if not priors and "data:image" not in text:
            priors.append(text)
        return says(500, "CUDA error") if text in priors else None

    with Moody(prepared(tmp_path, 5), breaks) as server:
        more = ("--attempts", "2", "--concurrency", "1")
        done = ran(VERBS[1].command(tmp_path, server.spec, "out", *more))
    assert done.returncode == 1
    assert "5 of 5 by server_fault" in done.stderr and "no input was finished" in done.stderr
    assert check_account(tmp_path / "out")["failed"] == 5


@QUICK_EACH
def test_a_refused_parameter_is_paid_for_once_and_told(verb: Verb, tmp_path: Path) -> None:
    """`max_tokens`, and for log-probabilities more than 5 alternatives."""

    def refuses(body: dict[str, Any], number: int) -> web.Response | None:
        if "max_tokens" in body:
            return says(400, "max_tokens is not supported, use max_completion_tokens")
        many = body.get("top_logprobs", 0) > 5
        return says(400, "top_logprobs must be between 0 and 5") if many else None

    with Moody(prepared(tmp_path, 5), refuses) as server:
        done = ran(verb.command(tmp_path, server.spec))
        refused = [body for body in server.bodies if refuses(body, 0) is not None]
        asked = len(server.bodies)
    assert done.returncode == 0, done.stderr
    assert len(refused) <= 2
    told = summary(tmp_path / "out")
    assert told["calls"]["asked"] == asked
    assert "max_completion_tokens is sent instead" in " ".join(told["notes"])
    assert "max_completion_tokens is sent instead" in done.stdout
    assert "samples" not in " ".join(told["notes"])
