"""Where a model's files are, and which exactly: only safetensors, never a pickle."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from crosslight.models.errors import Denied, Missing, NotSupported, Unreachable
from crosslight.models.gguf.files import fingerprint
from crosslight.store import LINKED, UnreadableFile, read_named, stays_in

WANTED = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
SKIPPED = ("*/*", "consolidated*", "onnx*")
REFUSED = ("adapter_",)
"""An adapter's config would bring another model, of the hub, in place of this one."""
INDEX = "model.safetensors.index.json"
CONFIGS = (
    *("config.json", "tokenizer_config.json", "processor_config.json", "generation_config.json"),
    *("preprocessor_config.json", "special_tokens_map.json", "video_preprocessor_config.json"),
)
CHOICES = (
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
    *("experts_implementation", "_experts_implementation", "_experts_implementation_internal"),
    *("auto_map", "custom_pipelines", "custom_generate", "use_kernels", "kernel_config"),
)
MAX_CONFIG_BYTES = 8 << 20
MAX_INDEX_BYTES = 64 << 20
SAFE = "only safetensors weights are read: pickles can run code when they are opened"


def locate(place: str, revision: str) -> tuple[Path, str]:
    """The folder and the revision: a commit of the hub, or a hash over all files of a folder.

    Blocks. Raises Missing, Denied, Unreachable, NotSupported (no safetensors).
    """
    folder = Path(place).expanduser()
    if folder.is_dir():
        if revision:
            raise NotSupported("a folder has no revisions", hint="leave ?revision= out")
        _check(folder, place)
        return folder, _hash(folder)
    folder = _snapshot(place, revision)
    _check(folder, place)
    return folder, folder.name  # the hub's cache names a snapshot by its commit


def read_json(folder: Path, name: str, limit: int = MAX_CONFIG_BYTES) -> dict[str, Any]:
    """A JSON object of the folder; empty where there is none. Raises NotSupported."""
    path = folder / name
    if not path.is_file():
        return {}
    try:
        if not stays_in(folder, path):
            raise NotSupported(f"{name} is a link out of {folder.name}", hint=LINKED)
        value = json.loads(read_named(path.resolve(), limit).decode("utf-8"))
    except UnreadableFile as error:
        raise NotSupported(error.message, hint=error.hint) from None
    except (OSError, ValueError, RecursionError) as error:
        raise NotSupported(f"{name} cannot be read: {error}"[:200]) from None
    if not isinstance(value, dict):
        raise NotSupported(f"{name} holds no JSON object")
    return value


@contextmanager
def vetted(folder: Path) -> Iterator[Path]:
    """A folder to load from that holds only what the revision's hash is over.

    Libraries look for many files by themselves: pickles, code, adapters, templates in folders,
    other files that a config names. Here they find none of them. Configs are copies without what
    would choose code or files (`attn_implementation`, `auto_map`, `tokenizer_file`). Raises
    NotSupported.
    """
    _check_index(folder)
    with tempfile.TemporaryDirectory(prefix="crosslight-hf-") as name:
        room = Path(name)
        for path in loadable(folder):
            if path.name.startswith(REFUSED) or path.name.endswith(".index.json") != (
                path.name == INDEX
            ):
                continue
            if path.suffix == ".json" and path.name in CONFIGS:
                try:
                    text = json.dumps(_without_choices(read_json(folder, path.name)))
                except RecursionError:
                    raise NotSupported(f"{path.name} is nested too deep") from None
                (room / path.name).write_text(text, encoding="utf-8")
            else:
                _stand_in(room / path.name, path.resolve())
        yield room


def loadable(folder: Path) -> list[Path]:
    """The files that can change an answer, by name: regular files of the folder itself.

    Raises NotSupported for a link out of it.
    """
    found = {path for pattern in WANTED for path in folder.glob(pattern) if path.is_file()}
    for path in found:
        if not stays_in(folder, path):
            raise NotSupported(f"{path.name} is a link out of {folder.name}", hint=LINKED)
    return sorted(found, key=lambda path: path.name)


def _check(folder: Path, place: str) -> None:
    if not (folder / "config.json").is_file():
        raise Missing(f"{place} holds no config.json", hint="is it a transformers model?")
    if not any(folder.glob("*.safetensors")):
        raise NotSupported(f"{place} holds no safetensors weights", hint=SAFE)
    _check_index(folder)


def _check_index(folder: Path) -> None:
    """Every file that the index names is a safetensors file of this folder, whatever it is called.
    Raises NotSupported."""
    named = read_json(folder, INDEX, MAX_INDEX_BYTES).get("weight_map", {})
    if not isinstance(named, dict):
        raise NotSupported(f"{INDEX} has no map of weights")
    for name in set(map(str, named.values())):
        plain = PurePosixPath(name).name == name == PureWindowsPath(name).name
        if not plain or not name.endswith(".safetensors") or not (folder / name).is_file():
            raise NotSupported(f"{INDEX} names {name[:80]!r}", hint=SAFE)


def _without_choices(value: Any) -> Any:
    """A config without what would choose code, or files other than those that are looked for."""
    if isinstance(value, list):
        return [_without_choices(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_choices(part)
        for key, part in value.items()
        if key not in CHOICES and not key.endswith(("_file", "_files"))
    }


def _stand_in(place: Path, real: Path) -> None:
    """The file under another name; a copy only where neither kind of link can be made."""
    for make in (place.symlink_to, place.hardlink_to):
        try:
            make(real)
            return
        except OSError:
            continue
    shutil.copyfile(real, place)


def _hash(folder: Path) -> str:
    """sha256 over names and hashes of all files that can change an answer."""
    total = hashlib.sha256()
    for path in loadable(folder):
        total.update(f"{path.name}\0{fingerprint(path)}\n".encode())
    return total.hexdigest()


def _snapshot(repo: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        found = snapshot_download(
            repo,
            revision=revision or None,
            allow_patterns=list(WANTED),
            ignore_patterns=list(SKIPPED),
        )
    except GatedRepoError:
        raise Denied(
            f"{repo} is gated", hint="accept its terms on the hub and log in with `hf auth login`"
        ) from None
    except RevisionNotFoundError:
        raise Missing(f"{repo} has no revision {revision!r}") from None
    except RepositoryNotFoundError:
        raise Missing(f"the hub has no repository {repo}", hint="check owner and name") from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise Unreachable(
            f"cannot fetch {repo}: {type(error).__name__}",
            hint="check the network, name a mirror in HF_ENDPOINT, or give a folder",
        ) from None
    return Path(found)
