"""Tabs on a run that is going on, in a real browser: those that nobody looks at hold nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crosslight.runs import held_folder
from tests.view.browser import chromium
from tests.view.served import served

CONNECTIONS = 6
"""That a browser opens to one server."""
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_hidden_tabs_leave_their_connections_and_shown_ones_hear_again(
    browser: Any, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    context = browser.new_context()
    with held_folder(run, "build") as held:
        held.keep = True
        (run / "run.json").write_text('{"kind": "build", "status": "stopped", "rows": 0}')
        with served(tmp_path / "home", run) as (base, _):
            tabs = []
            for _ in range(CONNECTIONS + 1):  # one more than could be listened to at once
                tab = context.new_page()
                tab.goto(f"{base}/r/run/overview")
                tab.evaluate(HIDE, True)
                tabs.append(tab)
            with tabs[0].expect_response("**/r/run/events") as heard:
                tabs[0].evaluate(HIDE, False)
            assert heard.value.status == 200
            held.tell({"name": "imagine", "done": 3, "total": 9})
            tabs[0].get_by_text("imagine: 3 of 9 done").wait_for()
            tabs[1].goto(f"{base}/r/run/rows")
            context.close()
