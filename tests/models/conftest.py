"""The real small models and example photos, fetched once into the user's cache (140 MB)."""

from pathlib import Path

import pytest

from crosslight.models import fetch
from crosslight.models.embedded.perception import FILES


@pytest.fixture(scope="session")
def example_photos() -> dict[str, Path]:
    """Name -> file of every example photo of the manifest."""
    book = fetch.read_manifest()
    names = [*book.of_kind("photo"), *book.of_kind("measure")]
    return {name: fetch.fetch(name) for name in names}


@pytest.fixture(scope="session")
def small_models() -> dict[str, Path]:
    """All that perception needs; never the 491 MB text model."""
    return {name: fetch.fetch(name) for name in FILES}
