"""Fetching a suite's folder from the Hugging Face hub (extra `hf`)."""

from pathlib import Path

import platformdirs

from crosslight.bench.item import Suite, SuiteError
from crosslight.store import plain_path, private_folder


def default_folder(suite: Suite) -> Path:
    """Where a fetched suite lies unless told otherwise."""
    return platformdirs.user_cache_path("crosslight") / "bench" / suite.name


def fetch_suite(suite: Suite, folder: Path | None = None, *, revision: str = "") -> Path:
    """The folder with the suite's dataset repository; files that are there are not fetched again.

    Real files, not the hub cache's links, which a loader refuses to follow out of its folder.
    Raises `SuiteError` when the suite is on no hub, the extra is missing, or the hub says no (many
    of these sets are gated: accept their terms on the hub and log in first).
    """
    if not suite.hub:
        raise SuiteError(f"{suite.name} is on no hub", remedy=f"fetch it from {suite.paper}")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise SuiteError("needs huggingface-hub", remedy="pip install 'crosslight[hf]'") from error
    if not plain_path(suite.hub) or not plain_path(revision or "main"):
        raise SuiteError(f"{suite.hub}@{revision} is no repository of a hub")
    place = folder or default_folder(suite)
    if folder is None:
        private_folder(place)
    try:
        snapshot_download(
            suite.hub, repo_type="dataset", revision=revision or None, local_dir=str(place)
        )
    # the hub's client raises errors of its own, of requests or httpx, and of the disk
    except Exception as error:
        cause = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise SuiteError(
            f"cannot fetch {suite.hub}: {cause}",
            remedy="check the connection, accept the set's terms on the hub, "
            "log in with `hf auth login`",
        ) from error
    return place
