"""`parse`: one string, one backend, and clear errors."""

import pickle
import sys
from pathlib import Path

import pytest

from crosslight.models.errors import BadSpec, Missing, ModelError
from crosslight.models.fake import FakeBackend
from crosslight.models.gguf.model import GgufBackend
from crosslight.models.openai.model import OpenAIBackend
from crosslight.models.openai.wire import Price
from crosslight.models.protocol import Backend
from crosslight.models.spec import parse


def openai(spec: str) -> OpenAIBackend:
    backend = parse(spec)
    assert isinstance(backend, OpenAIBackend)
    return backend


@pytest.mark.parametrize(
    ("spec", "model", "url"),
    [
        ("openai:gpt-4o-mini", "gpt-4o-mini", "https://api.openai.com/v1"),
        ("openai:m@http://localhost:8000", "m", "http://localhost:8000/v1"),
        ("openai:m@http://localhost:8000/", "m", "http://localhost:8000/v1"),
        (
            "openai:org/m:free@https://Host.Example/api/v1/",
            "org/m:free",
            "https://host.example/api/v1",
        ),
        ("openai:m@v2@http://h/v1", "m@v2", "http://h/v1"),
        ("openai:m@http://h/v1/chat/completions", "m", "http://h/v1"),
        ("openai:m@http://[::1]:9/v1", "m", "http://[::1]:9/v1"),
        (" openai:m@http://h/v1 ", "m", "http://h/v1"),
    ],
)
def test_openai_names_a_model_and_a_base_url(spec: str, model: str, url: str) -> None:
    target = openai(spec).target
    assert (target.model, target.url) == (model, url)


def test_options_are_read_and_only_those_that_change_an_answer_stay_in_the_spec() -> None:
    backend = openai(
        "openai:m@http://h/v1?price=0.15,0.60&timeout=9&samples=4&thinking=off&lacks=seed,logprobs"
        "&revision=r1"
    )
    target = backend.target
    assert target.price == Price(0.15, 0.60)
    assert target.price.of(1_000_000, 500_000) == pytest.approx(0.45)
    assert (target.timeout_s, target.samples, target.thinking) == (9.0, 4, False)
    assert target.lacks == {"seed", "logprobs"}
    assert target.revision == "r1"
    assert backend.spec == "openai:m@http://h/v1?lacks=logprobs,seed&samples=4&thinking=off"
    assert openai("openai:m@http://h/v1?price=1,1").spec == openai("openai:m@http://h/v1").spec


@pytest.mark.parametrize(
    "spec",
    [
        "openai:m@http://h/v1?sampels=3",
        "openai:m@http://h/v1?price=1",
        "openai:m@http://h/v1?price=-1,2",
        "openai:m@http://h/v1?price=nan,2",
        "openai:m@http://h/v1?timeout=0",
        "openai:m@http://h/v1?samples=x",
        "openai:m@http://h/v1?lacks=eyes",
        "openai:m@http://h/v1#x",
        "openai:m@ftp://h/v1",
        "openai:m@http://",
        "openai:m@http://h:99999/v1",
        "openai:m@localhost:8000",
        "openai:@http://h/v1",
        "openai:a b@http://h/v1",
        "openai:",
        "gguf:",
        "embedded:eyes",
        "embedded:",
        "opanai:m@http://h",
        "http://localhost:8000/v1",
        "model.gguf",
        "",
        "fake:echo\nfake:echo",
        "x" * 5000,
    ],
)
def test_bad_specs_come_with_a_remedy(spec: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parse(spec)
    assert caught.value.hint
    assert not caught.value.retryable


def test_a_near_miss_is_named() -> None:
    with pytest.raises(BadSpec, match="opanai") as caught:
        parse("opanai:m@http://h/v1")
    assert "did you mean openai" in caught.value.hint
    with pytest.raises(BadSpec) as caught:
        parse("openai:m@http://h/v1?sampels=3")
    assert "did you mean samples" in caught.value.hint


@pytest.mark.parametrize(
    "spec",
    [
        "openai:m@https://user:hunter2@h/v1",
        "openai:m@https://hunter2@h/v1",
        "openai:m@https://h/v1?api_key=hunter2",
        "openai:m@https://h/v1?price=hunter2",
        "openai:m@https://h/v1#hunter2",
    ],
)
def test_a_secret_in_a_spec_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parse(spec)
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.hint}"


def test_other_backends() -> None:
    assert isinstance(parse("fake:echo"), FakeBackend)
    assert parse("hf:org/model").spec == "hf:org/model"
    with pytest.raises(Missing):
        parse("fake:no-such-script")
    with pytest.raises(Missing):
        parse("gguf:no-such-file.gguf")
    remote = parse("gguf:Org/Repo-GGUF/model-q4.gguf+Org/Repo-GGUF/mmproj.gguf?ctx=4096&threads=2")
    assert isinstance(remote, GgufBackend)
    assert (remote.ctx, remote.threads) == (4096, 2)
    assert remote.mmproj == "Org/Repo-GGUF/mmproj.gguf"


def test_backends_are_picklable_and_small(tmp_path: Path) -> None:
    for spec in ("openai:m@http://h/v1?price=1,2", "fake:echo", "gguf:O/R/m.gguf"):
        backend = parse(spec)
        assert isinstance(backend, Backend)
        data = pickle.dumps(backend)
        assert len(data) < 4000
        assert pickle.loads(data) == backend


def test_parsing_loads_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys; from crosslight.models.spec import parse; parse('openai:m@http://h/v1');"
        "parse('fake:echo'); parse('gguf:O/R/m.gguf');"
        "print([m for m in ('xllamacpp','onnxruntime','jsonschema','torch','PIL') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_errors_are_one_family() -> None:
    with pytest.raises(ModelError):
        parse("nonsense")
