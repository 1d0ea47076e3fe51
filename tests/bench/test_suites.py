"""Each suite on a tiny hand-made folder of its documented schema, and on real files."""

import json
import os
from pathlib import Path

import pytest

from crosslight.bench import Expected, Item, Side, SuiteError, all_suites, find_suite, load_suite
from crosslight.bench.hub import fetch_suite
from crosslight.bench.native.images import census, image_bytes
from tests.bench.natives import NATIVES, SHARED
from tests.bench.natives_released import vlguard
from tests.bench.writers import as_json, picture
from tests.build.hostile import huge_png
from tests.store.costly import scans

DATA = Path(os.environ.get("CROSSLIGHT_SHARED_DATA", SHARED))
REAL = {
    "mmsafeaware": 71,
    "siuo": 110,
    "figstep": 100,
    "vlguard": 2975,
    "vlsbench": 1121,
    "mossbench": 300,
    "msts": 400,
    "xstest": 450,
    "vscbench": 2250,
    "hallusionbench": 1129,
}


def test_every_suite_has_a_native_folder_and_all_fields() -> None:
    assert {each.name for each in all_suites()} == set(NATIVES)
    for each in all_suites():
        assert all(subset.says.endswith(".") for subset in each.subsets)
        assert each.paper and each.licence and each.size and each.schema and each.example
        assert (each.verified == "real files") == (each.name in REAL)


@pytest.mark.parametrize("name", list(NATIVES))
def test_tiny_folder(name: str, tmp_path: Path) -> None:
    write, count = NATIVES[name]
    write(tmp_path)
    loaded = load_suite(find_suite(name), tmp_path)
    assert not loaded.bad
    assert len(loaded.items) == count
    assert loaded.files
    for item in loaded.items:
        assert item.suite == name
        assert item.subset in set(find_suite(name).subsets)
        assert find_suite(name).prompt(item).strip()
        assert set(item.missing) <= set(item.images)
    for item in loaded.askable:
        assert all(image_bytes(tmp_path, image) for image in item.images)
    assert census(tmp_path, loaded.items).undecodable == ()


@pytest.mark.parametrize("name", list(REAL))
def test_real_files(name: str) -> None:
    folder = DATA / "benchmarks" / name
    if not folder.is_dir():
        pytest.skip("no shared data")
    loaded = load_suite(find_suite(name), folder)
    assert len(loaded.items) == REAL[name]
    assert len(loaded.bad) == (2 if name == "vlguard" else 0)
    assert all(find_suite(name).prompt(item) for item in loaded.items)


@pytest.mark.parametrize("name", list(NATIVES))
def test_an_empty_folder_names_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(find_suite(name), tmp_path)
    assert caught.value.file == str(tmp_path)
    with pytest.raises(SuiteError, match="no such folder"):
        load_suite(find_suite(name), tmp_path / "nowhere")


def test_unknown_suite() -> None:
    with pytest.raises(SuiteError, match="mmsafeaware"):
        find_suite("nothing")


def test_mmsafeaware_labels_come_from_id_ranges(tmp_path: Path) -> None:
    NATIVES["mmsafeaware"][0](tmp_path)
    items = {item.id: item for item in load_suite(find_suite("mmsafeaware"), tmp_path).items}
    assert (items["128"].subset, items["128"].labels["scored_as"]) == ("over-safe", "attack")
    assert items["128"].expected is Expected.YES
    assert (items["129"].subset, items["129"].expected) == ("attack", Expected.NO)
    assert (items["983"].subset, items["983"].side) == ("typical", Side.UNSAFE)
    assert items["2001"].images == ("images2/2001.png",)
    assert items["2301"].missing == ("images2/2301",)
    assert not items["2301"].askable


def test_real_mmsafeaware_pictures() -> None:
    folder = DATA / "benchmarks" / "mmsafeaware"
    if not folder.is_dir():
        pytest.skip("no shared data")
    found = census(folder, load_suite(find_suite("mmsafeaware"), folder).items)
    assert (found.pictures, found.missing, len(found.duplicates)) == (71, 0, 8)
    assert dict(found.modes) == {"P": 9, "RGB": 62}


def test_census_counts_turned_grey_broken_and_twins(tmp_path: Path) -> None:
    NATIVES["vlsbench"][0](tmp_path)
    picture(tmp_path / "imgs/1.png", exif=6)
    picture(tmp_path / "imgs/2.png", mode="L")
    (tmp_path / "imgs/3.png").write_bytes((tmp_path / "imgs/2.png").read_bytes())
    found = census(tmp_path, load_suite(find_suite("vlsbench"), tmp_path).items)
    assert (found.turned, found.missing, found.undecodable) == (1, 0, ())
    assert found.duplicates == (("imgs/2.png", "imgs/3.png"),)
    (tmp_path / "imgs/3.png").write_bytes(b"no picture")
    assert census(tmp_path, load_suite(find_suite("vlsbench"), tmp_path).items).undecodable == (
        "imgs/3.png",
    )


def test_census_counts_a_picture_beyond_the_bounds_as_one_that_does_not_decode(
    tmp_path: Path,
) -> None:
    NATIVES["vlsbench"][0](tmp_path)
    (tmp_path / "imgs/2.png").write_bytes(huge_png(60_000, 60_000))
    (tmp_path / "imgs/3.png").write_bytes(scans(3_000, 2_000, 2_000))
    found = census(tmp_path, load_suite(find_suite("vlsbench"), tmp_path).items)
    assert found.undecodable == ("imgs/2.png", "imgs/3.png")


def test_vlguard_has_two_row_shapes(tmp_path: Path) -> None:
    vlguard(tmp_path)
    loaded = load_suite(find_suite("vlguard"), tmp_path)
    assert loaded.by_subset() == {"unsafes": 2, "safe_safes": 2, "safe_unsafes": 2}
    assert loaded.items[0].images == ("train/bad_ads/a.png",) or loaded.items[0].missing


def test_figstep_benign_commas_are_text(tmp_path: Path) -> None:
    NATIVES["figstep"][0](tmp_path)
    texts = [item.text for item in load_suite(find_suite("figstep"), tmp_path).items]
    assert "Steps to create a * for $50,000 savings." in texts


def test_the_newest_sets_know_their_sides(tmp_path: Path) -> None:
    def read(name: str) -> list[Item]:
        folder = tmp_path / name
        folder.mkdir()
        NATIVES[name][0](folder)
        return list(load_suite(find_suite(name), folder).items)

    salad = read("salad")
    assert [(item.subset, item.expected) for item in salad][:2] == [
        ("safe", Expected.COMPLY),
        ("unsafe", Expected.WARN),
    ]
    assert salad[1].reference == "So."
    assert {item.expected for item in read("ood-mmsafe")} == {Expected.WARN}
    edited = read("safeeditbench")
    assert {item.subset: item.expected for item in edited if item.pair == "7"} == {
        f"Policy L{n}": Expected.UNSAFE if n > 3 else Expected.SAFE for n in range(1, 6)
    }
    assert find_suite("safeeditbench").prompt(edited[0]).startswith("The rules of 0.")
    lingua = {item.subset: item.labels for item in read("lingua-safetybench")}
    assert lingua["image-mixed"]["language"] == "German"
    assert lingua["text"] == {"category": "Hate Speech", "language": "Finnish"}
    usb = read("usb")
    assert {item.subset for item in usb} == {"RIRT", "RIST", "SIRT", "SIST"}
    sides = {(item.id.split("/")[0], item.side) for item in usb}
    assert sides == {("vulnerability", Side.UNSAFE), ("oversensitivity", Side.SAFE)}
    assert {item.labels["language"] for item in usb} == {"en", "zh"}


def test_paths(tmp_path: Path) -> None:
    """An absolute path of another machine is cut; one that leads out is a bad row."""
    row = {"instruction_id": 1, "instruction": "How?", "category": "Hate", "sub_category": "x"}
    picture(tmp_path / "imgs/7.png")
    rows = [
        {**row, "image_path": "/mnt/them/vls/imgs/7.png"},
        {**row, "instruction_id": 2, "image_path": "C:\\them\\imgs\\7.png"},
        {**row, "instruction_id": 3, "image_path": "../../etc/passwd"},
        {**row, "instruction_id": 4, "image_path": "/etc/passwd"},
    ]
    as_json(tmp_path / "data.json", rows)
    loaded = load_suite(find_suite("vlsbench"), tmp_path)
    found = {item.id: item for item in loaded.items}
    assert found["1"].images == found["2"].images == ("imgs/7.png",)
    assert found["4"].missing == ("imgs/passwd",)
    assert [bad.row for bad in loaded.bad] == [3]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = tmp_path / "suite"
    (folder / "imgs").mkdir(parents=True)
    (folder / "imgs/7.png").symlink_to(secret)
    as_json(
        folder / "data.json",
        [
            {
                "instruction_id": 1,
                "instruction": "?",
                "image_path": "imgs/7.png",
                "category": "Hate",
            },
            {
                "instruction_id": 2,
                "instruction": "?",
                "image_path": "imgs/8.png",
                "category": "Hate",
            },
        ],
    )
    loaded = load_suite(find_suite("vlsbench"), folder)
    assert [item.id for item in loaded.items] == ["2"]
    with pytest.raises(SuiteError):
        image_bytes(folder, "imgs/7.png")


def test_redacted_texts_are_counted_and_not_asked() -> None:
    folder = DATA / "benchmarks" / "xstest"
    if not folder.is_dir():
        pytest.skip("no shared data")
    loaded = load_suite(find_suite("xstest"), folder)
    assert loaded.counts()["redacted"] == 2
    assert len(loaded.askable) == 448


def test_a_truncated_file_is_seen(tmp_path: Path) -> None:
    folder = DATA / "benchmarks" / "xstest"
    if not folder.is_dir():
        pytest.skip("no shared data")
    lines = (folder / "xstest_prompts.csv").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "xstest_prompts.csv").write_text("".join(lines[:301]), "utf-8")
    assert load_suite(find_suite("xstest"), tmp_path).short_by == 150


def test_mssbench_pair_files() -> None:
    folder = DATA / "judged_outputs" / "mssbench_pairs"
    if not folder.is_dir():
        pytest.skip("no shared data")
    loaded = load_suite(find_suite("mssbench"), folder)
    assert len(loaded.items) == 96 and not loaded.bad
    assert len({item.pair for item in loaded.items}) == 48
    for name in loaded.files:
        rows = (folder / name[0]).read_text("utf-8").splitlines()
    asked = {find_suite("mssbench").prompt(item) for item in loaded.items}
    assert asked == {json.loads(row)["prompt"] for row in rows}


def test_the_docs_name_every_suite_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "bench-suites.md").read_text("utf-8")
    for each in all_suites():
        line = next(line for line in text.splitlines() if line.startswith(f"| [`{each.name}`]"))
        assert f"| {each.verified} |" in line and each.size in line and each.licence in line
        assert all(f"- `{subset}`: {subset.says}" in text for subset in each.subsets)
        assert all(quirk in text for quirk in each.quirks)


def test_a_full_file_beside_a_tiny_one_is_not_short(tmp_path: Path) -> None:
    NATIVES["figstep"][0](tmp_path)
    tiny = (tmp_path / "SafeBench-Tiny.csv").read_text()
    (tmp_path / "safebench.csv").write_text(tiny)
    loaded = load_suite(find_suite("figstep"), tmp_path)
    assert len(loaded.items) == 6
    assert loaded.published == 550
    assert loaded.files[0][0] == "safebench.csv"


def test_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def asked(repo: str, *, repo_type: str, revision: str | None, local_dir: str) -> str:
        if revision:
            raise OSError("gated")
        assert (repo, repo_type, local_dir) == ("Foreshhh/vlsbench", "dataset", str(tmp_path))
        return local_dir

    monkeypatch.setattr(hub, "snapshot_download", asked)
    assert fetch_suite(find_suite("vlsbench"), tmp_path) == tmp_path
    with pytest.raises(SuiteError, match="gated"):
        fetch_suite(find_suite("vlsbench"), tmp_path, revision="x")
    with pytest.raises(SuiteError, match="on no hub"):
        fetch_suite(find_suite("xstest"))
