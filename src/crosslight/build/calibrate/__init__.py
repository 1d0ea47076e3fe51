"""How a guard reads what people wrote, and which cut-offs fit it."""

from crosslight.build.calibrate.run import (
    CalibrateJob,
    Calibration,
    calibrate_guard,
    estimate_calibration,
)

__all__ = ["CalibrateJob", "Calibration", "calibrate_guard", "estimate_calibration"]
