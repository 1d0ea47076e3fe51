"""Other cut-offs over a finished build, without a call."""

from crosslight.build.rethreshold.run import CUTS, Cuts, rethreshold_build

__all__ = ["CUTS", "Cuts", "rethreshold_build"]
