"""An endpoint that fails now and then: every row ends as an answer or with a reason."""

import asyncio
from pathlib import Path

from crosslight.flow import CallPolicy, Session, error_kind
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.spec import parse
from crosslight.records import Done, Failed
from crosslight.store import AnswerStore
from tests.flow.parts import ask, collect, run, runner_of

ROWS = 600
FAULTS = {
    "server_error": 0.02,
    "rate_limit": 0.02,
    "malformed": 0.02,
    "hang": 0.01,
    "empty": 0.01,
    "content_filter": 0.01,
    "retry_after": 0.02,
    "hang_s": 30,
}
POLICY = CallPolicy(timeout_s=0.5, backoff_s=0.01, attempts=6, bad_answer_attempts=4)


async def one_run(
    url: str, folder: Path, policy: CallPolicy
) -> tuple[list[object], dict[str, int]]:
    async with Session(
        {"m": parse(f"openai:m@{url}")}, AnswerStore(folder / "a.sqlite"), policy=policy
    ) as session:
        runner = runner_of([ask])
        runner.context = session.context
        results = await collect(runner, range(ROWS))
        assert runner.status == "complete"
        calls = session.ledger.as_json()
        outcomes = [leaf.outcome for result in results for leaf in result.leaves]
        return list(outcomes), calls["calls"] | {"faults": sum(calls["faults"].values())}


def test_faults(tmp_path: Path) -> None:
    settings = {"name": "f", "latency_ms": 5, "faults": FAULTS, "rules": [{"answer": "a {hash}"}]}
    with FakeServer(script(settings)) as server:
        first, calls = run(one_run(server.url, tmp_path, POLICY))
        asked = server.stats()["requests"]
        assert len(first) == ROWS and all(isinstance(o, Done | Failed) for o in first)
        failed = [o for o in first if isinstance(o, Failed)]
        # The filter is no matter of luck: it is not asked again. All else is, and then succeeds.
        assert {error_kind(o) for o in failed} == {"content_filter"}
        assert 0 < len(failed) < 0.04 * ROWS
        assert calls["answered"] == ROWS - len(failed) and calls["asked"] == asked
        assert calls["faults"] == asked - calls["answered"]
        second, calls = run(one_run(server.url, tmp_path, POLICY))
        assert second == first
        assert (calls["asked"], calls["refailed"]) == (0, len(failed))
        third, calls = run(one_run(server.url, tmp_path, CallPolicy(retry_failed=True)))
        assert calls["asked"] >= len(failed)
        assert sum(isinstance(o, Done) for o in third) > sum(isinstance(o, Done) for o in first)


def test_an_endpoint_that_is_down_fails_every_row_as_retryable(tmp_path: Path) -> None:
    policy = CallPolicy(attempts=2, backoff_s=0.001)
    outcomes, calls = run(asyncio.wait_for(one_run("http://127.0.0.1:9/v1", tmp_path, policy), 60))
    assert all(isinstance(o, Failed) and o.retryable for o in outcomes)
    assert calls["answered"] == 0
