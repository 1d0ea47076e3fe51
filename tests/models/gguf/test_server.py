"""llama.cpp's server in process: opened and dropped."""

import subprocess
import sys
from pathlib import Path

from tests.models.gguf.tiny import write_text_model

MANY = """
import sys
from pathlib import Path
from crosslight.models.gguf.server import open_server
for _ in range(150):
    open_server(Path(sys.argv[1]), None, ctx=256, threads=1, key="nobody")
"""


def test_a_server_that_is_dropped_at_once_holds_nobody(tmp_path: Path) -> None:
    """Dropped before its listener and queue ran, it was waited for without end (about 1 in 50)."""
    model = write_text_model(tmp_path / "tiny.gguf")
    done = subprocess.run([sys.executable, "-c", MANY, str(model)], check=False, timeout=120)
    assert done.returncode == 0
