"""What of a stranger's folder is read, run and hashed."""

import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from crosslight.models.errors import ModelError, NotSupported
from crosslight.models.hf.files import INDEX, locate, vetted
from tests.models.hf.test_open import open_

Saved = Callable[[str], Path]


class Runs:
    """A pickle that leaves a mark where it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.fixture
def folder(saved: Saved, tmp_path: Path) -> Path:
    place = tmp_path / "theirs"
    shutil.copytree(saved("text"), place)
    return place


def change(folder: Path, name: str, **values: Any) -> None:
    path = folder / name
    old = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(old | values))


def test_the_index_names_plain_safetensors_files_of_the_folder(folder: Path) -> None:
    weights = folder / "model.safetensors"
    names = list(torch.nn.Module().state_dict()) or ["a"]
    for good in ("model-00001-of-00001.safetensors", "w.safetensors"):
        change(folder, INDEX, weight_map=dict.fromkeys(names, good))
        shutil.copyfile(weights, folder / good)
        locate(str(folder), "")
    shutil.copyfile(weights, folder.parent / "outside.safetensors")
    (folder / "sub").mkdir()
    shutil.copyfile(weights, folder / "sub" / "in.safetensors")
    torch.save({}, folder / "w.bin")
    bad: list[Any] = [
        *("w.bin", "../outside.safetensors", "sub/in.safetensors", "./w.safetensors"),
        *(str(folder.parent / "outside.safetensors"), "gone.safetensors", "", None, 5, ["w"]),
        *("..\\outside.safetensors", "w.safetensors\0", "C:w.safetensors", "W.BIN"),
    ]
    for name in bad:
        change(folder, INDEX, weight_map={"one": "w.safetensors", "other": name})
        with pytest.raises(NotSupported, match=r"index|map"):
            open_(folder)
    shapes: list[Any] = [[], "x", None, 5]
    for odd in shapes:
        change(folder, INDEX, weight_map=odd)
        with pytest.raises(NotSupported, match="map"):
            locate(str(folder), "")
    for text in ("[" * 100_000, '{"weight_map": ', "[]", '{"a": ' + "9" * 5000 + "}"):
        (folder / INDEX).write_text(text)
        with pytest.raises(NotSupported):
            locate(str(folder), "")


def test_an_index_too_large_is_not_parsed(folder: Path) -> None:
    with (folder / INDEX).open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(NotSupported, match="larger"):
        locate(str(folder), "")


def test_a_pickle_is_never_opened(folder: Path) -> None:
    """Not by an index, not beside the weights, not under their name."""
    mark = folder.parent / "ran"
    for name in ("pytorch_model.bin", "model.bin", "adapter_model.bin", "vocab.pkl", "training.pt"):
        (folder / name).write_bytes(pickle.dumps(Runs(mark)))
    change(folder, "pytorch_model.bin.index.json", weight_map={"a": "pytorch_model.bin"})
    change(folder, "adapter_config.json", base_model_name_or_path="org/other", peft_type="LORA")
    open_(folder)
    (folder / "model.safetensors").write_bytes(pickle.dumps(Runs(mark)))
    with pytest.raises(NotSupported):
        open_(folder)
    assert not mark.exists()


def loaders() -> Iterator[type[Exception]]:
    yield from (
        pickle.UnpicklingError,
        EOFError,
        TypeError,
        IndexError,
        MemoryError,
        RecursionError,
    )


@pytest.mark.parametrize("error", loaders())
def test_any_error_of_a_loader_is_one_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    import transformers

    def broken(*_: Any, **__: Any) -> None:
        raise error("odd")

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", broken)
    with pytest.raises(NotSupported, match="odd"):
        open_(folder)


@pytest.mark.parametrize("kind", ["text", "llava", "qwen2_5_vl"])
def test_attention_is_ours_whatever_the_config_says(
    saved: Saved, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "theirs"
    shutil.copytree(saved(kind), place)
    config = json.loads((place / "config.json").read_text())
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        part["attn_implementation"] = "evil-org/evil-kernel"
        part["_attn_implementation"] = {"": "evil-org/evil-kernel:attend"}
        part["_attn_implementation_internal"] = "evil-org/evil-kernel"
        part["experts_implementation"] = "evil-org/evil-kernel"
    (place / "config.json").write_text(json.dumps(config))
    model = open_(place)
    said = model._open().network.model.config
    for one in (said, said.get_text_config(), getattr(said, "vision_config", said)):
        assert one._attn_implementation in ("sdpa", "eager")
    ours = open_(saved(kind))
    assert model.report == ours.report


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer_config.json", "generation_config.json", "mine.json"]
)
def test_auto_map_is_never_run(folder: Path, name: str) -> None:
    mark = folder.parent / "ran"
    (folder / "mine.py").write_text(f"open({str(mark)!r}, 'w')\nclass M: pass\n")
    autos = ("AutoConfig", "AutoModelForCausalLM", "AutoTokenizer", "AutoModel", "AutoProcessor")
    change(folder, name, auto_map=dict.fromkeys(autos, "mine.M"), custom_generate="mine")
    open_(folder)
    change(
        folder,
        "tokenizer_config.json",
        tokenizer_class="Mine",
        auto_map={"AutoTokenizer": "mine.M"},
    )
    with suppress(ModelError):
        open_(folder)
    assert not mark.exists()


def test_every_file_that_is_loaded_is_in_the_revision(folder: Path) -> None:
    """What libraries can see is what was hashed; each of its files changes the revision."""
    before = locate(str(folder), "")[1]
    (folder / "sub").mkdir()
    (folder / "additional_chat_templates").mkdir()
    for name in (
        "sub/x.json",
        "additional_chat_templates/default.jinja",
        "x.bin",
        "x.py",
        "README.md",
    ):
        (folder / name).write_text("{}")
    assert locate(str(folder), "")[1] == before
    with vetted(folder) as room:
        seen = sorted(path.name for path in room.rglob("*"))
    assert not {"x.json", "default.jinja", "x.bin", "x.py", "README.md"} & set(seen)
    assert {"config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"} <= set(
        seen
    )
    for name in seen:
        old = (folder / name).read_bytes()
        (folder / name).write_bytes(old + b" ")
        os.utime(folder / name, ns=(1, 1))
        assert locate(str(folder), "")[1] != before, name
        (folder / name).write_bytes(old)


def test_a_config_names_no_file(folder: Path) -> None:
    """`tokenizer_file` and its like would read another file than the one that was hashed."""
    other = folder.parent / "tokenizer.json"
    other.write_text("not a tokenizer")
    named = dict.fromkeys(("tokenizer_file", "vocab_file", "merges_file"), str(other))
    change(folder, "tokenizer_config.json", **named, fast_tokenizer_files=["tokenizer.x.json"])
    with vetted(folder) as room:
        told = json.loads((room / "tokenizer_config.json").read_text())
    assert not [key for key in told if key.endswith(("_file", "_files"))]
    open_(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "x.jinja"])
def test_a_link_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    mine = folder.parent / "mine"
    if (folder / name).exists():
        (folder / name).rename(mine)
    else:
        mine.write_text("{}")
    (folder / name).symlink_to(mine)
    with pytest.raises(NotSupported, match="is a link"):
        open_(folder)


def test_a_snapshot_of_the_hub_is_links_into_its_own_repository(folder: Path) -> None:
    blobs = folder.parent / "models--org--name" / "blobs"
    snapshot = folder.parent / "models--org--name" / "snapshots" / "0123"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.iterdir())):
        path.rename(blobs / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    assert open_(snapshot).card.revision


def kept(folder: Path, keep: Callable[[str], bool]) -> bytes:
    """The weights whose names are kept."""
    from safetensors.torch import load_file, save

    old = load_file(folder / "model.safetensors")
    return bytes(save({k: v for k, v in old.items() if keep(k)} or {"x": torch.zeros(1)}))


def test_a_broken_weight_file_gets_one_sentence(folder: Path) -> None:
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    for broken, why in (
        (whole[:-100], f"is broken: it has {len(whole) - 100:,} bytes of {len(whole):,}"),
        (whole + b"more", f"is broken: it has {len(whole) + 4:,} bytes of {len(whole):,}"),
        (whole[:9] + b"x" * (header - 1) + whole[8 + header :], "list of weights cannot be read"),
        (b"", "does not begin"),
        (b"<html>404</html>", "does not begin"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
    ):
        weights.write_bytes(broken)
        with pytest.raises(NotSupported, match=why) as caught:
            open_(folder)
        assert caught.value.message.startswith("model.safetensors is ")
        assert caught.value.hint


def test_foreign_weights_are_refused_not_filled_up(folder: Path) -> None:
    """transformers draws what is missing by chance, and the model answers by chance."""
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    for keep in (lambda name: "layers.1." not in name, lambda name: False):
        weights.write_bytes(kept(folder, keep))
        with pytest.raises(NotSupported, match=r"lack what config.json asks for: .* more"):
            open_(folder)
        weights.write_bytes(whole)
    change(folder, "config.json", hidden_size=32)
    with pytest.raises(NotSupported, match=r"another shape than config.json says: .* more"):
        open_(folder)
