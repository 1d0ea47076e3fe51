"""Sixty files of strangers, of all kinds, in every verb that reads pictures: the run ends in time
and memory, every entry stands in one place, and nothing is called a defect of ours."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from tests.build.scenes import picture
from tests.fuzz.target import targets
from tests.fuzz.test_pictures import BY_HAND
from tests.photos.sources.tar_blocks import END, header, padded, pax, signed
from tests.runs.verbs import VERBS, Ended, Verb, prepared, ran, summary
from tests.store.costly_tables import empty_pages, empty_structs

OURS = "a defect of ours"
MOST_S, MOST_KB = 120, 1 << 20
# Linux hands a child its parent's peak at exec, and pytest's own may be gigabytes: so a small
# process stands between, whose children alone are counted.
COUNTED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""
BAD_YAML = {
    "alias.yaml": "a: &a [1]\nrules: [*a, *a]\n",
    "deep.yaml": "[" * 500 + "]" * 500,
    "binary.yaml": "\x00\x01\x02",
    "hidden.yaml": "title: x\nrules: [{id: a, text: 'no \u202e cats'}]\n",
    "tag.yaml": "!!python/object/apply:os.system ['true']\n",
    "empty.yaml": "",
}
ENDINGS = {
    "tar": ".tar",
    "tgz": ".tgz",
    "parquet": ".parquet",
    "csv": ".csv",
    "jsonl": ".jsonl",
    "list": ".txt",
}


def sixty(folder: Path) -> list[Path]:
    """24 pictures, 5 of each kind of archive and table, 6 YAML files; by name."""
    folder.mkdir()
    made: dict[str, bytes] = {
        f"{at:02} {name[:40]}.jpg".replace("/", "-"): BY_HAND[name]()
        for at, name in enumerate(list(BY_HAND)[:24])
    }
    for target in targets():
        if target.name in ENDINGS:
            wrong = target.handmade()
            step = max(1, len(wrong) // 5)
            for at, data in enumerate(wrong[::step][:5]):
                made[f"{target.name}-{at}{ENDINGS[target.name]}"] = data
    made |= {name: text.encode() for name, text in BAD_YAML.items()}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())


ARCHIVES = ("tar", "tgz", "parquet")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strangers")
    prepared(folder, 3)
    files = sixty(folder / "sixty")
    assert len(files) == 60
    rows = [
        json.dumps(
            {
                "id": str(at),
                "text": "May I?",
                "image": f"sixty/{path.name}",
                "expected": "no",
                "subset": "bad",
                "side": "unsafe",
            }
        )
        for at, path in enumerate(files)
    ]
    broken = ["{", "[]", '{"id": 1}', '{"expected": {}}', "\x00", '{"id": "x", "text": 5}']
    (folder / "items.jsonl").write_text("\n".join([*rows, *broken]), encoding="utf-8")
    return folder


def counted(words: list[str], peak: Path) -> None:
    """Run a command in a process of its own, in bounds of time and memory, without a defect."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, str(peak), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode in (0, 1), told
    assert OURS not in told and "Traceback" not in told
    assert time.monotonic() - began < MOST_S
    assert 10_000 < int(peak.read_text()) < MOST_KB


@pytest.mark.parametrize(
    "verb",
    [
        # One way in for pictures: the other verbs are seen in `make test-all`.
        pytest.param(verb, marks=(pytest.mark.slow,) if at else (), id=verb.name)
        for at, verb in enumerate(VERBS)
    ],
)
def test_sixty_files_at_once(verb: Verb, here: Path, tmp_path: Path) -> None:
    """The pictures among them are opened as pictures, all others refused as none."""
    with FakeServer(prepared(tmp_path, 1)) as server:
        words = verb.command(here, server.spec, f"out-{verb.name}", "--attempts", "1")
        counted([word.replace("/photos", "/sixty") for word in words], tmp_path / "peak")
    account = summary(here / f"out-{verb.name}")["account"]
    assert account["inputs"] == (66 if verb.name == "bench" else 60)
    assert account["not_reached"] == 0
    assert account["inputs"] == sum(n for name, n in account.items() if name != "inputs")


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        pytest.param(kind, verb, marks=(pytest.mark.slow,) if at else (), id=kind)
        for at, (kind, verb) in enumerate(zip(ARCHIVES, VERBS[:3], strict=True))
    ],
)
@pytest.mark.slow
def test_a_folder_of_archives(kind: str, verb: Verb, here: Path, tmp_path: Path) -> None:
    """Here they are opened as what they are; among them what is dear to read, and a good one."""
    shards = tmp_path / "shards"
    shards.mkdir()
    for path in (here / "sixty").glob(f"{kind}-*"):
        (shards / path.name).write_bytes(path.read_bytes())
    for name, data in dear(kind).items():
        (shards / f"{name}{ENDINGS[kind]}").write_bytes(data)
    with FakeServer(prepared(tmp_path, 1)) as server:
        words = verb.command(here, server.spec, f"out-{kind}-{verb.name}", "--attempts", "1")
        counted(
            [word.replace(str(here / "photos"), str(shards)) for word in words], tmp_path / "peak"
        )
    out = here / f"out-{kind}-{verb.name}"
    lost = [
        row
        for name in ("dropped.parquet", "failed.parquet")
        for row in pq.read_table(out / name).to_pylist()
        if row["step"] == "screen"
    ]
    account = summary(out)["account"]
    assert account["inputs"] == sum(n for name, n in account.items() if name != "inputs")
    assert account["not_reached"] == 0
    assert sum(row.get("error") == "damaged_archive" for row in lost) >= 2, lost
    assert not any(row["input"].startswith("zz-good") for row in lost), lost


def dear(kind: str) -> dict[str, bytes]:
    """Archives that are small and ask for much, and one that is sound."""
    if kind == "parquet":
        sound = io.BytesIO()
        pq.write_table(pa.table({"image": [picture(7)]}), sound)
        return {
            "pages": empty_pages(20_000, 9_000),
            "structs": empty_structs(100_000, 5),
            "zz-good": sound.getvalue(),
        }
    value = "x" * 16_000
    blocks = []
    for at in range(20):
        block = pax(**{f"GNU__sparse__{at * 200 + each:07}": value for each in range(200)})
        blocks.append(signed(block[:512], 156, tarfile.XGLTYPE) + block[512:] + header("a.jpg"))
    good = header("zz-good.jpg", len(picture(7))) + padded(picture(7)) + END
    made = {"headers": b"".join(blocks) + END, "zz-good": good}
    if kind == "tar":
        return made
    return {name: gzip.compress(data, 1) for name, data in made.items()}


@pytest.mark.parametrize("kind", ENDINGS)
def test_each_file_as_what_it_says_it_is(kind: str, here: Path, tmp_path: Path) -> None:
    """What is wrong with one costs itself, and is told."""
    for path in sorted((here / "sixty").glob(f"{kind}-*")):
        done = judged(path, tmp_path / path.stem, tmp_path / "store")
        assert done.returncode in (0, 1, 2), done.stderr
        assert OURS not in done.stderr and "Traceback" not in done.stderr
        if (tmp_path / path.stem / "run.json").exists():
            account = summary(tmp_path / path.stem)["account"]
            assert account["inputs"] == sum(n for name, n in account.items() if name != "inputs")
        else:
            assert done.returncode == 2 and done.stderr.count("help:") == 1


def test_good_and_bad_photos_together(here: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for path in (here / "sixty").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for at in range(3):
        (folder / f"good-{at}.jpg").write_bytes(picture(at))
    done = judged(folder, tmp_path / "out", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    names = json.dumps(summary(tmp_path / "out")["account"])
    assert summary(tmp_path / "out")["account"]["finished"] >= 3, names


@pytest.mark.parametrize("name", BAD_YAML)
@pytest.mark.parametrize("use", ["constitution", "suite", "scale", "policy check"])
def test_yaml_of_strangers(use: str, name: str, here: Path, tmp_path: Path) -> None:
    path = here / "sixty" / name
    photo = tmp_path / "a.jpg"
    photo.write_bytes(picture(1))
    words: dict[str, list[object]] = {
        "constitution": ["judge", photo, "--constitution", path, "-o", tmp_path / "o"],
        "suite": ["bench", path, "--model", "fake:echo", "-o", tmp_path / "o"],
        "scale": ["judge", "assess", photo, "--model", "fake:echo", "--scale", path],
        "policy check": ["policy", "check", path],
    }
    done = ran(["python", "-m", "crosslight", *map(str, words[use])])
    assert done.returncode == 2, done.stdout
    assert OURS not in done.stderr
    assert name.partition(".")[0] in done.stderr or "YAML" in done.stderr, done.stderr


def judged(source: Path, out: Path, store: Path) -> Ended:
    words = ["judge", source, "--constitution", "visible", "--model", "fake:echo", "-q"]
    places = ["-o", out, "--store", store, "--injection", "off"]
    return ran(["python", "-m", "crosslight", *map(str, [*words, *places])])
