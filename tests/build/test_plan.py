"""What a dry run promises: counts of calls, and a price where there is one."""

import asyncio
from pathlib import Path

from crosslight.build.config import BuildConfig
from crosslight.build.dry_run import call_plans, estimate_build
from crosslight.build.job import BuildJob
from crosslight.flow import estimate_calls
from crosslight.models.protocol import ModelCard
from tests.build.scenes import forty_scenes
from tests.build.scripted import write_photos

VLM = ModelCard(
    "openai:x@http://h/v1",
    "x",
    endpoint="http://h/v1",
    usd_per_million_in=1.0,
    usd_per_million_out=2.0,
)
EMBEDDED = ModelCard("embedded", "embedded")


def test_the_embedded_model_looks_once_at_each_photo() -> None:
    told = estimate_calls(100, call_plans(BuildConfig(), EMBEDDED, EMBEDDED, EMBEDDED))
    assert told.calls == 100


def test_more_triplets_cost_more_and_controls_too() -> None:
    def usd(config: BuildConfig) -> float:
        return estimate_calls(100, call_plans(config, VLM, VLM, VLM)).usd or 0.0

    assert usd(BuildConfig(per_photo=8)) > usd(BuildConfig(per_photo=4))
    assert usd(BuildConfig()) > usd(BuildConfig(controls=False)) > 0


def test_an_unknown_price_is_unknown_not_zero() -> None:
    priceless = ModelCard("openai:x@http://h/v1", "x", endpoint="http://h/v1")
    assert (
        estimate_calls(10, call_plans(BuildConfig(), priceless, priceless, priceless)).usd is None
    )


def test_a_dry_run_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    photos = write_photos(forty_scenes()[:5], tmp_path / "photos")
    roles = dict.fromkeys(("author", "guard", "responder"), "fake:echo")
    job = BuildJob(photos, tmp_path / "out", tmp_path / "a.sqlite", tmp_path / "images", roles)
    told = asyncio.run(estimate_build(job))
    assert told.rows == 5 and told.calls > 5
    assert "5 rows" in str(told)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a.sqlite").exists()
