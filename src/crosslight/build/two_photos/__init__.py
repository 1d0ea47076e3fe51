"""Builds whose risk lies in the relation of two photos, after MIS (arXiv 2501.18533)."""

from crosslight.build.two_photos.prompts import sent_hashes
from crosslight.build.two_photos.read import PairBank, read_pair_bank
from crosslight.build.two_photos.records import PAIR_RECIPE
from crosslight.build.two_photos.run import PairBuild

__all__ = ["PAIR_RECIPE", "PairBank", "PairBuild", "read_pair_bank", "sent_hashes"]
