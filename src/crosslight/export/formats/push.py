"""`crosslight export --push`: an export as a dataset repository of the Hugging Face hub.

Nothing is sent unless it is said twice. The token is the hub client's own (`hf auth login`, or
HF_TOKEN); it is neither printed nor kept here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crosslight.export.formats.source import ExportError
from crosslight.records import BadSetting, MissingPart, RunBroken
from crosslight.text import visible

_REPO = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_MESSAGE = "Export of Crosslight"


@dataclass(frozen=True, slots=True)
class Push:
    """What is, or would be, sent, and where."""

    repo: str
    folder: Path
    files: tuple[tuple[str, int], ...]
    """Paths from the folder, and their bytes."""
    private: bool = True

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(size for _, size in self.files)


def checked_repo(repo: str) -> str:
    """Raises `BadSetting`."""
    if not _REPO.fullmatch(repo):
        raise BadSetting(f"--push {repo!r} is no repository of the hub", "write OWNER/NAME")
    return repo


def plan_push(folder: Path, files: Iterable[str], repo: str, *, private: bool = True) -> Push:
    """The files that an export wrote, none else. Raises `BadSetting`, `ExportError`."""
    found = []
    for name in sorted(files):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise ExportError(f"{path} is gone or has become a link", "export again")
        found.append((name, path.stat().st_size))
    return Push(checked_repo(repo), folder, tuple(found), private)


def send_push(push: Push, *, endpoint: str | None = None) -> str:
    """Make the repository where it is not there, and send the files in one commit; its address.

    Raises `MissingPart`, and `RunBroken` where the hub says no: nothing of the commit stands then.
    """
    try:
        from huggingface_hub import CommitOperationAdd, HfApi, get_token
    except ImportError as error:
        raise MissingPart("--push needs huggingface-hub", "pip install 'crosslight[hf]'") from error
    api = HfApi(endpoint=endpoint)
    try:
        api.create_repo(push.repo, repo_type="dataset", private=push.private, exist_ok=True)
        adds = [CommitOperationAdd(name, str(push.folder / name)) for name, _ in push.files]
        done = api.create_commit(push.repo, adds, commit_message=_MESSAGE, repo_type="dataset")
    # the hub's client raises errors of its own, of its HTTP client, and of the disk
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        if token := get_token():
            said = said.replace(token, "(token)")
        raise RunBroken(
            f"{push.repo} was not sent: {visible(said, 200)}",
            "log in with `hf auth login`, check the name and the connection; then again",
        ) from error
    return str(done.commit_url)
