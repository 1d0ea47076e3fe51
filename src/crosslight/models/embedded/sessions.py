"""onnxruntime sessions that share two cores in peace."""

from pathlib import Path
from typing import Any

from crosslight.models.embedded.memory import give_back
from crosslight.models.errors import Missing


def open_session(path: Path) -> Any:
    """A CPU session with one thread: images run side by side, in the pool, and none spins.

    Raises `Missing` when onnxruntime cannot read the file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it saves no time here, and keeps 100 MB
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has its own errors, all made in C++
        raise Missing(
            f"{path.name} cannot be loaded: {error}", hint=f"delete {path} and try again"
        ) from error
    give_back()
    return session
