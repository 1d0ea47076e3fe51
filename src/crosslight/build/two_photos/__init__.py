"""Builds whose risk lies in the relation of two photos, after MIS (arXiv 2501.18533)."""

from crosslight.build.two_photos.run import run_pairs

__all__ = ["run_pairs"]
