"""`crosslight export --push`: an export as a dataset repository of the Hugging Face hub.

Nothing is sent unless it is said twice. The token is the hub client's own (`hf auth login`, or
HF_TOKEN); it is neither printed nor kept here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crosslight.export.formats.names import is_written
from crosslight.export.formats.source import ExportError
from crosslight.records import BadSetting, CrosslightError, MissingPart, RunBroken
from crosslight.runs import RUN_FILE
from crosslight.store import UnreadableFile, read_json
from crosslight.text import visible

_REPO = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_MESSAGE = "Export of Crosslight"
KIND = "dataset"
_SIGNED = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")


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


@dataclass(frozen=True, slots=True)
class Sent:
    """The address of the commit, and how many files of an earlier export it took away."""

    url: str
    removed: int = 0


def send_push(push: Push, *, endpoint: str | None = None) -> Sent:
    """Make the repository where it is not there, and send the files in one commit.

    Files of an earlier export that this one does not have are taken away in the same commit: `data`
    would else hold the rows of both. Raises `MissingPart`, `BadSetting` for a repository that is
    public already, and `RunBroken` where the hub says no: nothing of the commit stands then.
    """
    try:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
    except ImportError as error:
        raise MissingPart("--push needs huggingface-hub", "pip install 'crosslight[hf]'") from error
    token = ""
    try:
        token = get_token() or ""
        if not token:
            raise BadSetting("the hub asks who you are", "log in with `hf auth login`, or HF_TOKEN")
        api = HfApi(endpoint=endpoint, token=token)
        api.create_repo(push.repo, repo_type=KIND, private=push.private, exist_ok=True)
        there = api.repo_info(push.repo, repo_type=KIND)
        if push.private and there.private is False:
            raise BadSetting(
                f"{push.repo} is there, and everybody can read it",
                "say so with --public, make it private on the hub, or name another repository",
            )
        stale = _stale(api, push, [one.rfilename for one in there.siblings or ()])
        changes: list[Any] = [CommitOperationDelete(name) for name in stale]
        changes += [CommitOperationAdd(name, str(push.folder / name)) for name, _ in push.files]
        done = api.create_commit(
            push.repo,
            changes,
            commit_message=_MESSAGE,
            repo_type=KIND,
            # Where somebody has changed it meanwhile, what is to be taken away may be theirs.
            parent_commit=there.sha if stale else None,
        )
    except CrosslightError:
        raise
    # the hub's client raises errors of its own, of its HTTP client, and of the disk
    except Exception as error:
        raise RunBroken(
            f"{push.repo} was not sent: {_said(error, token)}",
            "log in with `hf auth login`, check the name and the connection; then again",
        ) from None  # the errors beneath may hold the token
    return Sent(str(done.commit_url), len(stale))


def _stale(api: Any, push: Push, there: Iterable[str]) -> list[str]:
    """Files in the repository that an earlier export wrote and this one does not. Where no export
    of ours lies there, nothing is."""
    sent = {name for name, _ in push.files}
    stale = [name for name in there if is_written(name) and name not in sent]
    if not stale or RUN_FILE not in there:
        return []
    with TemporaryDirectory() as folder:
        path = api.hf_hub_download(push.repo, RUN_FILE, repo_type=KIND, local_dir=folder)
        try:
            told = read_json(Path(path))
        except UnreadableFile:
            return []
    return stale if isinstance(told, dict) and told.get("kind") == "export" else []


def _said(error: BaseException, token: str) -> str:
    """Its first line and what the hub answered, without the token and what signs an address."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    answer = str(getattr(error, "server_message", None) or "")
    if answer and answer not in said:
        said = f"{said.removesuffix(': None.')}: {answer}"
    said = _SIGNED.sub(r"\1?(...)", said)
    return visible(said.replace(token, "(token)") if token else said, 200)
