"""Finds a GGUF file by path, by manifest name, or in a hub repository, and says what it is."""

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

from crosslight.models.errors import BadSpec, Missing, ModelError, Unreachable
from crosslight.models.fetch import home
from crosslight.models.fetch.download import download, hub_url
from crosslight.models.fetch.errors import WrongHash
from crosslight.models.fetch.manifest import Hub, read_manifest
from crosslight.models.gguf.header import MAGIC
from crosslight.store import file_sha256, plain_path, private_folder, resumed_part, write_json

HUB_FILE = re.compile(r"([\w.-]+/[\w.-]+)/([\w./-]+\.gguf)(?:@([\w.-]+))?")
TIMEOUT = 15.0


def known_form(name: str) -> bool:
    """Whether `name` can be a file: a path that is there, a manifest name, OWNER/REPO/FILE.gguf."""
    return Path(name).is_file() or name in read_manifest().files or bool(_hub_file(name))


def resolve(name: str) -> Path:
    """The local path of a GGUF file, fetched into the cache if need be. Blocks.

    Raises Missing, Unreachable, WrongHash, BadSpec (not a GGUF file).
    """
    path = Path(name).expanduser()
    if not path.is_file():
        path = _from_manifest(name) or _from_hub(name)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BadSpec(f"{path.name} is not a GGUF file", hint="convert the model to GGUF first")
    return path


def fingerprint(path: Path) -> str:
    """sha256 of the file; remembered in the cache by path, size and time of change."""
    stat = path.stat()
    place = str(path.resolve())
    now = [place, stat.st_size, stat.st_mtime_ns]
    name = hashlib.sha256(place.encode()).hexdigest()[:32]
    note = home() / "hashes" / f"{name}.json"
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["file"] == now and re.fullmatch(r"[0-9a-f]{64}", known["sha256"]):
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = file_sha256(path)
    try:
        private_folder(note.parent)
        write_json(note, {"file": now, "sha256": found})
    except OSError:
        pass  # a cache that cannot be written only costs time
    return found


def _from_manifest(name: str) -> Path | None:
    if name not in read_manifest().files:
        return None
    from crosslight.models.fetch import fetch

    return fetch(name)


def _hub_file(name: str) -> re.Match[str] | None:
    """OWNER/REPO/FILE.gguf[@REVISION], none of whose parts leads up."""
    match = HUB_FILE.fullmatch(name)
    return match if match and all(plain_path(part) for part in match.groups("main")) else None


def _from_hub(name: str, on_bytes: Callable[[int], None] = lambda _: None) -> Path:
    match = _hub_file(name)
    if match is None:
        raise Missing(
            f"no GGUF file {name!r}",
            hint="give a path, OWNER/REPO/FILE.gguf of a hub, or a manifest name: "
            + ", ".join(n for n, e in read_manifest().files.items() if e.file.endswith(".gguf")),
        )
    repo, file, revision = match.groups()
    cache = home() / "hub"
    target = cache / repo.replace("/", "--") / (revision or "main") / file
    if not target.resolve().is_relative_to(cache.resolve()):
        raise Missing(f"{name[:80]!r} leads out of {cache}", hint="remove the link that is there")
    if target.is_file():
        return target
    from filelock import FileLock

    private_folder(target.parent)
    with FileLock(target.with_name(target.name + ".lock")):
        if not target.is_file():
            url = hub_url(Hub(repo=repo, file=file, revision=revision or "main"))
            _download_checked(url, target, on_bytes)
    return target


def _download_checked(url: str, target: Path, on_bytes: Callable[[int], None]) -> None:
    """Bring the file whole; its hash must be the one that the hub announces, if it does."""
    size, announced = _head(url)
    part = resumed_part(target, announced[:8] or "whole")
    download(url, part, size, on_bytes)
    if announced and file_sha256(part) != announced:
        part.unlink()
        raise WrongHash(f"{target.name}: the hub announced another hash", hint="fetch it again")
    part.replace(target)


class _Stay(urllib.request.HTTPRedirectHandler):
    """The hub's own response holds size and hash; the storage behind the redirect does not."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def _head(url: str) -> tuple[int, str]:
    """Size in bytes and sha256 (empty if not told) of a hub file."""
    request = urllib.request.Request(  # noqa: S310 - hub_url or HF_ENDPOINT, checked by download
        url, method="HEAD", headers={"User-Agent": "crosslight", "Accept-Encoding": "identity"}
    )
    failure: ModelError
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT) as response:
            headers = response.headers
    except urllib.error.HTTPError as error:
        if not 300 <= error.code < 400:
            raise Missing(
                f"{urllib.parse.urlsplit(url).hostname} has no such file (HTTP {error.code})",
                hint="check owner, repository, file and revision",
                status=error.code,
            ) from None
        headers = error.headers
    except (OSError, ValueError):
        failure = Unreachable(
            f"cannot reach {urllib.parse.urlsplit(url).hostname}",
            hint="check the network, name a mirror in HF_ENDPOINT, or give a path",
        )
        raise failure from None
    size = headers.get("X-Linked-Size") or headers.get("Content-Length") or ""
    digest = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").strip('"').casefold()
    if not size.isdigit():
        raise Unreachable("the hub does not tell the file's size", hint="download it by hand")
    return int(size), digest if re.fullmatch(r"[0-9a-f]{64}", digest) else ""
