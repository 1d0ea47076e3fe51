"""Other cut-offs over a finished build, without a call."""

from crosslight.build.rethreshold.account import BUILT_FILE
from crosslight.build.rethreshold.rows import LEFT_OUT_FILE
from crosslight.build.rethreshold.run import CUTS, Cuts, rethreshold_build

__all__ = ["BUILT_FILE", "CUTS", "LEFT_OUT_FILE", "Cuts", "rethreshold_build"]
