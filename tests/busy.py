"""How much wider a bound of wall-clock time is where other tests share the cores."""

import os

BUSY = 3.0 if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1 else 1.0
