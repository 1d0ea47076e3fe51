"""`crosslight rate` as people call it: real files, real processes, real signals."""

import json
import sys
from pathlib import Path

import pytest

from tests.rate.tables import write_table
from tests.runs.verbs import ran, summary

RATE = [sys.executable, "-m", "crosslight", "rate"]
SMALL = ["-q", "--no-curves", "--mixture-steps", "0"]


def command(folder: Path, *more: str, out: str = "out") -> list[str]:
    """Two tables of one idea in two wordings."""
    tables = []
    for name in ("asks", "tells"):
        path = folder / f"{name}.jsonl"
        tables.append(str(path if path.exists() else write_table(folder, name, name)))
    store = ("--store", str(folder / "store"))
    return [*RATE, *tables, "-o", str(folder / out), *store, *SMALL, *more]


def rated(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "rate.json").read_text(encoding="utf-8")))


def test_a_run_leaves_its_files(tmp_path: Path) -> None:
    done = ran(command(tmp_path))
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    assert "above chance" in str(told["sentence"])
    assert " ".join(str(told["sentence"]).split()) in " ".join(done.stdout.split())
    account = summary(tmp_path / "out")["account"]
    assert account["finished"] == account["inputs"] == 4
    for name in ("rate.json", "rate.md", "rate.tex", "README.md", "report.html"):
        assert (tmp_path / "out" / name).read_bytes()


def test_a_set_that_must_not_be_trained_on_and_one_label_are_test_only(tmp_path: Path) -> None:
    only = write_table(tmp_path, "only", "asks", label=1)
    both = write_table(tmp_path, "both", "tells")
    base = [*RATE, str(only), str(both), "-o", str(tmp_path / "out"), *SMALL]
    base += ["--store", str(tmp_path / "store")]
    done = ran(base)
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    why = {one["name"]: one["why_not"] for one in told["datasets"]}  # type: ignore[attr-defined]
    assert why == {"only": "its rows are all unsafe", "both": ""}
    lines = {one["name"]: one for one in told["lines"]}  # type: ignore[attr-defined]
    assert "only" not in lines and lines["both"]["mean"] is None
    cell = next(one for one in lines["both"]["cells"] if one["test"] == "only")
    assert set(cell["figures"]) == {"recall"} and "auc" not in cell["figures"]
    assert "no measure" in str(told["sentence"])

    pool = write_table(tmp_path, "pool", "plans")
    done = ran([*base, "--control-pool", str(pool)])
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    entry = next(one for one in told["datasets"] if one["name"] == "only")  # type: ignore[attr-defined]
    assert entry["why_not"] == "" and entry["controls"] == entry["safe"] == 60
    lines = {one["name"]: one for one in told["lines"]}  # type: ignore[attr-defined]
    assert lines["only"]["mean"] is not None and lines["both"]["mean"] is not None


def test_the_same_rows_in_two_sets_are_found_and_left_out(tmp_path: Path) -> None:
    one = write_table(tmp_path, "one", "asks")
    copy = tmp_path / "copy.jsonl"
    rows = [json.loads(line) for line in one.read_text().splitlines()]
    more = [json.loads(x) for x in write_table(tmp_path, "more", "tells").read_text().splitlines()]
    changed = [{**row, "text": row["text"].upper() + " "} for row in rows[:60]]
    copy.write_text("".join(json.dumps(row) + "\n" for row in changed + more), encoding="utf-8")
    done = ran([*RATE, str(one), str(copy), "-o", str(tmp_path / "out"), *SMALL])
    assert done.returncode == 0, done.stderr
    found = {(x["train"], x["test"]): x for x in rated(tmp_path / "out")["overlaps"]}  # type: ignore[attr-defined]
    assert found["copy", "one"]["flagged"] and found["copy", "one"]["ways"]["text"] > 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "held test rows" in page and "flagged" in page


def test_one_set_alone_is_told_within_itself_and_how_to_get_others(tmp_path: Path) -> None:
    one = write_table(tmp_path, "one", "asks")
    done = ran([*RATE, str(one), "-o", str(tmp_path / "out"), *SMALL])
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    assert not told["lines"]
    titles = {each["title"]: each["value"] for each in told["within"]}  # type: ignore[attr-defined]
    assert titles["the text; pairs held out"] > 0.7
    assert str(told["sentence"]).startswith("A judge that learnt from one tells unsafe from safe")
    assert titles["words of the text alone; pairs and texts held out"] > 0.7
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<code>crosslight bench fetch SUITE</code>" in page


@pytest.mark.parametrize(
    ("more", "cause", "remedy"),
    [
        (("--seeds", "2"), "--seeds 2", "give 3 or more"),
        (("--per-class", "3"), "--per-class 3", "give 12 or more"),
        (("--judge", "hf:x"), "no folder 'x'", "OWNER/REPO"),
        (("--per-class", "500"), "none of the datasets can be trained on", "--control-pool"),
        (("--control-pool", "none.jsonl"), "none.jsonl", "SUITE=FOLDER"),
    ],
)
def test_what_cannot_be_done_names_its_cause_and_remedy(
    more: tuple[str, ...], cause: str, remedy: str, tmp_path: Path
) -> None:
    done = ran(command(tmp_path, *more))
    assert done.returncode == 2, done.stdout
    assert cause in done.stderr and remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "rate.json").exists()
