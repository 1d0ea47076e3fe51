"""`--push`: what would be sent, and what is sent by the hub's own client, to a hub on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.export import Chosen, Exported, checked_repo, export_run, plan_push, send_push
from crosslight.records import BadSetting, CrosslightError, RunBroken
from tests.export.hub import SHA, Hub, serving
from tests.export.pairs_run import drawn, pair, write_pairs

TOKEN = "hf_a_secret_of_mine"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as made:
        yield made


@pytest.fixture(autouse=True)
def without_xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files go by the protocol of git LFS: the newer one speaks to a storage of its own that
    nobody has on loopback."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "pairs", [pair("a", drawn(1))])


@pytest.fixture
def done(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exported:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return export_run(run, "hf", tmp_path / "out", Chosen())


def test_the_files_of_the_export_are_sent_and_none_else(done: Exported, hub: Hub) -> None:
    (done.out / "notes.txt").write_text("mine")
    plan = plan_push(done.out, done.files, "me/mine")
    assert send_push(plan, endpoint=hub.url).url.endswith(f"/commit/{SHA}")
    assert hub.tokens <= {f"Bearer {TOKEN}", ""}, "a signed address needs none"
    assert hub.made["type"] == "dataset"
    assert hub.made.get("visibility") == "private" or hub.made.get("private") is True
    assert set(hub.files) == {name for name, _ in plan.files} >= {"README.md", "credits.csv"}
    assert not {"notes.txt", ".lock"} & set(hub.files)
    assert all(data == (done.out / name).read_bytes() for name, data in hub.files.items())
    assert any(name.startswith("data/train-") for name in hub.files)


def test_a_refusal_is_told_without_the_token(done: Exported, hub: Hub) -> None:
    hub.refuse = f"no right to write with {TOKEN}"
    plan = plan_push(done.out, done.files, "me/mine", private=False)
    with pytest.raises(RunBroken) as refused:
        send_push(plan, endpoint=hub.url)
    told = f"{refused.value.message} {refused.value.hint}"
    assert "me/mine was not sent" in told and TOKEN not in told and not hub.files


def test_a_refused_upload_is_told_without_what_signs_its_address(
    done: Exported, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_push(done.out, done.files, "me/mine")
    monkeypatch.setattr(hub, "large", (".parquet",))
    hub.hold = threading.Event()
    threading.Thread(target=_refuse_once_it_uploads, args=(hub,), daemon=True).start()
    with pytest.raises(RunBroken) as refused:
        send_push(plan, endpoint=hub.url)
    told = f"{refused.value.message} {refused.value.hint}"
    assert "signed-and-secret" not in told and TOKEN not in told and not hub.commits


def _refuse_once_it_uploads(hub: Hub) -> None:
    assert hub.hold is not None and hub.uploading.wait(60)
    hub.refuse = "no"
    hub.hold.set()


def test_what_an_earlier_export_left_there_goes_and_what_is_theirs_stays(
    run: Path, done: Exported, hub: Hub, tmp_path: Path
) -> None:
    assert send_push(plan_push(done.out, done.files, "me/mine"), endpoint=hub.url).removed == 0
    first = set(hub.files)
    hub.files |= {"thesis.tex": b"mine", "data/extra.csv": b"mine"}
    second = export_run(run, "webdataset", tmp_path / "other", Chosen())
    sent = send_push(plan_push(second.out, second.files, "me/mine"), endpoint=hub.url)
    gone = [name for name in first if name.startswith("data/")]
    assert sent.removed == 1 and hub.removed == gone
    assert set(hub.files) == {*second.files, "thesis.tex", "data/extra.csv"}
    assert hub.commits[-1].get("parentCommit") == SHA, "and only if nobody came in between"


def test_files_like_ours_stay_where_no_export_of_ours_was(done: Exported, hub: Hub) -> None:
    theirs = {"data/train-00001-of-00002.parquet": b"theirs", "train-000000.tar": b"theirs"}
    hub.files |= theirs
    send_push(plan_push(done.out, done.files, "me/mine"), endpoint=hub.url)
    hub.files["run.json"] = json.dumps({"kind": "build"}).encode()
    send_push(plan_push(done.out, done.files, "me/mine"), endpoint=hub.url)
    assert not hub.removed and all(hub.files[name] == data for name, data in theirs.items())


def test_a_repository_that_everybody_reads_is_not_written_by_chance(
    done: Exported, hub: Hub
) -> None:
    hub.private = False
    with pytest.raises(BadSetting, match="everybody can read it") as refused:
        send_push(plan_push(done.out, done.files, "me/mine"), endpoint=hub.url)
    assert "--public" in refused.value.hint and not hub.commits
    send_push(plan_push(done.out, done.files, "me/mine", private=False), endpoint=hub.url)
    assert hub.commits


def pushing(run: Path, out: Path, hub: Hub, home: Path, token: str = TOKEN) -> Any:
    """`crosslight export --push --send` as a process, its client pointed at the hub."""
    words = ["export", str(run), "--to", "hf", "-o", str(out), "--push", "me/mine", "--send"]
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_TOKEN": token}
    env |= {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "HF_HUB_DISABLE_XET": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "crosslight", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


@pytest.mark.slow
def test_the_command_sends_by_the_hubs_own_client_and_its_token_is_nowhere(
    run: Path, tmp_path: Path, hub: Hub
) -> None:
    hub.hold = threading.Event()
    cut = pushing(run, tmp_path / "out", hub, tmp_path / "home")
    assert hub.uploading.wait(120)
    cut.send_signal(signal.SIGINT)
    said = cut.communicate(timeout=60)
    assert cut.returncode == 3 and "run the same command again" in said[1], said
    assert not hub.commits and TOKEN not in "".join(said), "nothing of it stands"
    hub.hold.set()
    sent = pushing(run, tmp_path / "out", hub, tmp_path / "home")
    told, beside = sent.communicate(timeout=120)
    assert sent.returncode == 0, beside
    assert f"/commit/{SHA}" in told and len(hub.commits) == 1
    assert TOKEN not in told + beside and "signed-and-secret" not in told
    kept = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    hub.refuse = f"bad credentials {TOKEN}"
    no = pushing(run, tmp_path / "out", hub, tmp_path / "home")
    told, beside = no.communicate(timeout=120)
    assert no.returncode == 1 and "me/mine was not sent" in beside and "help:" in beside
    assert "403 Forbidden: bad credentials (token)" in beside
    assert TOKEN not in told + beside
    assert len(hub.commits) == 1 and "Traceback" not in beside


def test_without_a_token_nothing_is_asked(
    done: Exported, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(BadSetting, match="who you are") as refused:
        send_push(plan_push(done.out, done.files, "me/mine"), endpoint=hub.url)
    assert "hf auth login" in refused.value.hint and not hub.asked


def test_without_send_nothing_leaves_the_machine(
    run: Path, tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    out = tmp_path / "out"
    args = ["export", str(run), "--to", "webdataset", "-o", str(out), "--push", "me/mine"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "would send 7 files" in done.output and "private dataset me/mine" in done.output
    assert "train-000000.tar" in done.output and "nothing was sent" in done.output
    assert not hub.asked and TOKEN not in done.output


def test_a_link_in_the_place_of_a_file_is_not_sent(done: Exported, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    (done.out / "README.md").unlink()
    (done.out / "README.md").symlink_to(secret)
    with pytest.raises(CrosslightError, match="become a link"):
        plan_push(done.out, done.files, "me/mine")


@pytest.mark.parametrize("repo", ["mine", "me/", "../mine", "me/../x", "me/a b", "me/x/y", ""])
def test_only_a_repository_of_the_hub_is_a_place(repo: str) -> None:
    with pytest.raises(BadSetting, match="no repository"):
        checked_repo(repo)


def test_sending_needs_a_place(run: Path, tmp_path: Path) -> None:
    args = ["export", str(run), "--to", "hf", "-o", str(tmp_path / "out"), "--send"]
    done = CliRunner().invoke(app, args)
    assert isinstance(done.exception, BadSetting) and not (tmp_path / "out").exists()
