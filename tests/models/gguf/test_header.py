"""A GGUF header that lies is refused before llama.cpp sees it; a crash of llama.cpp is not ours."""

import asyncio
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from crosslight.models.errors import ModelError, NotSupported
from crosslight.models.gguf import trial
from crosslight.models.gguf.header import check_header
from crosslight.models.spec import parse
from tests.models.gguf.tiny import write_projector, write_text_model


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def field(key: str | bytes, kind: int, body: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + body


def listed(kind: int, count: int, body: bytes = b"") -> bytes:
    return struct.pack("<IQ", kind, count) + body


def tensor(name: str = "t", sides: tuple[int, ...] = (8,), kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(sides)}QIQ", len(sides), *sides, kind, offset)


LLAMA = field("general.architecture", 8, text("llama"))
U32 = struct.Struct("<I").pack


def model(
    *fields: bytes, tensors: tuple[bytes, ...] = (), version: int = 3, base: bool = True
) -> bytes:
    fields = (LLAMA, *fields) if base else fields
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(fields))
    return head + b"".join((*fields, *tensors)) + bytes(256)


LIES: dict[str, Callable[[], bytes]] = {
    "no magic": lambda: b"GGML" + model()[4:],
    "version 1": lambda: model(version=1),
    "big-endian": lambda: model(version=3 << 24),
    "2^60 tensors": lambda: b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
    "2^60 fields": lambda: b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60),
    "more fields than there are": lambda: model()[:16] + struct.pack("<Q", 9) + model()[24:],
    "a key of 2^63 bytes": lambda: model(struct.pack("<Q", 2**63)),
    "a key of 1 MB": lambda: model(field("k" * (1 << 20), 4, U32(1))),
    "a key that is no text": lambda: model(field(b"\xff\xfe", 4, U32(1))),
    "an empty key": lambda: model(field("", 4, U32(1))),
    "a key twice": lambda: model(field("a.b", 4, U32(1)), field("a.b", 4, U32(2))),
    "a text longer than the file": lambda: model(field("a", 8, struct.pack("<Q", 2**40))),
    "a text of -1 bytes": lambda: model(field("a", 8, b"\xff" * 8)),
    "a field of type 99": lambda: model(field("a", 99, bytes(8))),
    "a flag of 7": lambda: model(field("a", 7, b"\7")),
    "a list of lists": lambda: model(field("a", 9, listed(9, 1, listed(4, 1, U32(1))))),
    "a list of 2^61 numbers": lambda: model(field("a", 9, listed(10, 2**61))),
    "a list of 2^61 texts": lambda: model(field("a", 9, listed(8, 2**61))),
    "a list longer than the file": lambda: model(field("a", 9, listed(4, 1 << 20))),
    "no architecture": lambda: model(base=False),
    "an architecture that is a number": lambda: model(
        field("general.architecture", 4, U32(1)), base=False
    ),
    "an alignment of 0": lambda: model(field("general.alignment", 4, U32(0))),
    "an alignment of 3": lambda: model(field("general.alignment", 4, U32(3))),
    "an alignment of 2^31": lambda: model(field("general.alignment", 4, U32(1 << 31))),
    "an alignment that is a text": lambda: model(field("general.alignment", 8, text("32"))),
    "4 billion layers": lambda: model(field("llama.block_count", 4, U32(2**32 - 1))),
    "layers as a text": lambda: model(field("llama.block_count", 8, text("2"))),
    "tokens that are numbers": lambda: model(
        field("tokenizer.ggml.tokens", 9, listed(4, 1, U32(1)))
    ),
    "merges that are numbers": lambda: model(
        field("tokenizer.ggml.merges", 9, listed(5, 1, U32(1)))
    ),
    "scores for fewer tokens": lambda: model(
        field("tokenizer.ggml.tokens", 9, listed(8, 2, text("a") + text("b"))),
        field("tokenizer.ggml.scores", 9, listed(6, 1, U32(0))),
    ),
    "scores that are texts": lambda: model(
        field("tokenizer.ggml.tokens", 9, listed(8, 1, text("a"))),
        field("tokenizer.ggml.scores", 9, listed(8, 1, text("a"))),
    ),
    "kinds of tokens as bytes": lambda: model(
        field("tokenizer.ggml.tokens", 9, listed(8, 1, text("a"))),
        field("tokenizer.ggml.token_type", 9, listed(0, 1, b"\1")),
    ),
    "a tensor of 9 sides": lambda: model(tensors=(tensor(sides=(1,) * 9),)),
    "a side of 0": lambda: model(tensors=(tensor(sides=(0, 4)),)),
    "sides that overflow": lambda: model(tensors=(tensor(sides=(2**39, 2**39)),)),
    "a negative side": lambda: model(tensors=(tensor(sides=(2**64 - 8,)),)),
    "a row that is no block": lambda: model(tensors=(tensor(sides=(33,), kind=2),)),
    "a tensor beyond the end": lambda: model(tensors=(tensor(offset=1 << 20),)),
    "a tensor askew": lambda: model(tensors=(tensor(offset=5),)),
    "a tensor over another": lambda: model(tensors=(tensor("a", (16,)), tensor("b", (8,), 0, 32))),
    "two of one name": lambda: model(tensors=(tensor("a"), tensor("a", offset=32))),
    "a name of 100 bytes": lambda: model(tensors=(tensor("n" * 100),)),
    "an end in the middle": lambda: model(tensors=(tensor(),))[:60],
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies(name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(LIES[name]())
    with pytest.raises(NotSupported, match="no sound GGUF header") as caught:
        check_header(path)
    assert caught.value.hint


def test_sound_headers(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(model(tensors=(tensor("a"), tensor("b", (4, 4), 99, 32))))
    assert check_header(path).tensors == 2
    header = check_header(write_text_model(tmp_path / "text.gguf"))
    assert header.fields["general.architecture"] == "llama"
    assert header.tensors == 21
    assert check_header(write_projector(tmp_path / "eyes.gguf")).tensors > 20


def test_broken_headers_are_read_or_refused(tmp_path: Path) -> None:
    whole = write_text_model(tmp_path / "whole.gguf").read_bytes()[:20_000]
    rng, path = random.Random(1), tmp_path / "m.gguf"
    for _ in range(300):
        body = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(6_000)] = rng.randrange(256)
        path.write_bytes(body)
        with pytest.raises(NotSupported):  # all are cut, so none is sound
            check_header(path)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def opened(path: Path) -> None:
    async def main() -> None:
        await (await parse(f"gguf:{path}?ctx=256").open()).aclose()

    asyncio.run(main())


def crashing(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The process that tries a model runs `code` first."""
    monkeypatch.setattr(
        trial, "_START", "import sys, os, signal, time; sys.path[:] = {path!r}\n" + code
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed .SIGSEGV."),
        ("os.abort()", "crashed .SIGABRT."),
        ("os._exit(7)", "crashed .exit code 7."),
        ("print('[1]'); sys.exit(0)", "crashed"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "more time"),
    ],
)
def test_a_crash_of_llama_cpp_is_told_and_is_not_ours(
    code: str, told: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing(monkeypatch, code)
    with pytest.raises(ModelError, match=told) as caught:
        opened(write_text_model(tmp_path / "m.gguf"))
    assert isinstance(caught.value, NotSupported)
    assert caught.value.hint


def test_a_file_that_makes_llama_cpp_abort(tmp_path: Path, cache: Path) -> None:
    """A sound header with no layer: llama.cpp ends its process over it."""
    path = write_text_model(tmp_path / "m.gguf")
    data, key = path.read_bytes(), b"llama.block_count"
    at = data.index(struct.pack("<Q", len(key)) + key) + 8 + len(key) + 4
    path.write_bytes(data[:at] + U32(0) + data[at + 4 :])
    check_header(path)
    with pytest.raises(NotSupported, match=r"crashed .SIGABRT."):
        opened(path)


def test_what_passed_is_not_tried_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_text_model(tmp_path / "m.gguf")
    opened(path)
    crashing(monkeypatch, "os.abort()")
    opened(path)
    other = write_text_model(tmp_path / "other.gguf", seed=1)
    with pytest.raises(NotSupported, match="SIGABRT"):
        opened(other)


@pytest.mark.parametrize(
    "name",
    [
        "o/r/../../../../../escaped.gguf",
        "o/r/x.gguf@..",
        "../r/x.gguf",
        "o/../x.gguf",
        "../../x.gguf",
        "o/r/./x.gguf",
        "o/r//x.gguf",
        "o/r/x.gguf\n",
    ],
)
def test_no_name_leads_out_of_the_cache(name: str, cache: Path) -> None:
    from crosslight.models.errors import Missing
    from crosslight.models.gguf import files

    assert not files.known_form(name)
    with pytest.raises(Missing):
        files.resolve(name)
    assert not cache.exists()


def test_no_link_leads_out_of_the_cache(tmp_path: Path, cache: Path) -> None:
    from crosslight.models.errors import Missing
    from crosslight.models.gguf import files

    (tmp_path / "mine").mkdir()
    (cache / "hub").mkdir(parents=True)
    (cache / "hub" / "o--r").symlink_to(tmp_path / "mine")
    with pytest.raises(Missing, match="out of"):
        files.resolve("o/r/x.gguf")


@pytest.mark.parametrize(
    "spec", ["hf:o/r?revision=../../x", "hf:o/..", "hf:../r", "hf:o/r?revision=/x"]
)
def test_nor_does_a_repository_or_a_revision(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # so that no such folder is there
    with pytest.raises(ModelError):
        parse(spec)
