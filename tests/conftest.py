"""For all tests, in whichever process they run.

How long an example of hypothesis takes says nothing where cores are shared. And a worker of xdist
has the width of no terminal: `readline` puts one into its environment, and rich would keep it.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)
