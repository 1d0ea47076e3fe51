"""The labelling loop: how images are drawn, what their labels may say, and that nothing is lost."""

import csv
from pathlib import Path

import pytest

from crosslight.judge.label_queue import images_to_label, write_queue
from crosslight.judge.labels import LabelError, read_labels
from crosslight.judge.sample import images_of, judged
from tests.judge.labelling import loop, made_run, play, renamed, sampled

WORLD = {"unsafe": 0.5, "recall": 0.87, "specificity": 0.9, "undecided": 0.1}


def test_half_of_a_queue_is_drawn_by_chance_and_every_row_says_so() -> None:
    verdicts, _ = made_run(200, seed=1, **WORLD)
    rows = images_to_label(verdicts, None, 20)
    drawn = [row["drawn"] for row in rows]
    assert drawn == ["random", "doubtful"] * 10
    assert len({row["photo"] for row in rows}) == 20
    certain = max(row["place"] for row in rows if row["drawn"] == "doubtful")
    for row in rows:
        behind = 10 - sum(r["place"] <= certain for r in rows if r["drawn"] == "random")
        chance = 1.0 if row["place"] <= certain else behind / (200 - certain)
        assert row["chance"] == pytest.approx(chance, abs=1e-6)
    assert "verdict" not in rows[0]
    # Another hash of the photos is another draw; the doubtful ones are doubtful all the same.
    other = images_to_label(renamed(verdicts, 1), None, 20)
    sources = [{r["image"] for r in found if r["drawn"] == "random"} for found in (rows, other)]
    assert sources[0] != sources[1]
    assert len(images_to_label(verdicts[:3], None, 20)) == 3


def test_rounds_are_one_sample(tmp_path: Path) -> None:
    verdicts, truth = made_run(200, seed=1, **WORLD)
    labels = loop(verdicts, truth, [20, 20, 20], tmp_path)
    how = sampled(verdicts, labels)
    assert (how.kind, how.labelled, how.left_out) == ("queue", 60, 0)
    assert how.all_of >= 30
    assert how.by_chance + how.all_of == 60
    # The labels say the same of another run over these images, whose order of doubt is another.
    again = [v for v, _ in zip(reversed(verdicts), range(200), strict=True)]
    assert sampled(again, labels).labelled == 60


def test_the_queue_alone_is_no_sample_of_the_run(tmp_path: Path) -> None:
    verdicts, truth = made_run(200, seed=1, **WORLD)
    rows = images_to_label(verdicts, None, 60)
    by_source = {v.source: "unsafe" if t else "safe" for v, t in zip(verdicts, truth, strict=True)}
    doubtful = [row for row in rows if row["drawn"] == "doubtful"]
    bare = [{"image": r["image"], "label": by_source[r["image"]]} for r in doubtful]
    path = tmp_path / "bare.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["image", "label"])
        writer.writeheader()
        writer.writerows(bare)
    how = sampled(verdicts, read_labels(path))
    assert how.kind == "unknown"
    assert "do not say" in how.notes[0]
    # Somebody says that they are random: the verdicts show that they are not.
    said = sampled(verdicts, read_labels(path), "random")
    assert said.kind == "random"
    assert any("random sample" in note for note in said.notes)


def test_a_queue_of_another_run_is_not_counted(tmp_path: Path) -> None:
    verdicts, truth = made_run(200, seed=1, **WORLD)
    labels = loop(verdicts, truth, [20], tmp_path)
    how = sampled(verdicts[:150], labels)
    assert how.kind == "unknown"
    assert any("drawn from 200 images" in note for note in how.notes)


def test_rows_that_were_left_out_end_the_head_of_the_doubtful(tmp_path: Path) -> None:
    verdicts, truth = made_run(200, seed=1, **WORLD)
    loop(verdicts, truth, [20], tmp_path)
    path = tmp_path / "0" / "label_next.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    doubtful = [row for row in rows if row["drawn"] == "doubtful"]
    doubtful[4].update(label="", broken="")
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    how = sampled(verdicts, read_labels(path))
    assert how.kind == "queue"
    assert how.all_of < int(doubtful[4]["place"])
    assert how.left_out == 5  # of the nine doubtful labels those behind the gap
    assert any("passed over: 1" in note for note in how.notes)


def test_a_file_with_labels_is_never_written_over(tmp_path: Path) -> None:
    verdicts, _ = made_run(60, seed=1, **WORLD)
    rows = images_to_label(verdicts, None, 10)
    first = write_queue(tmp_path, rows)
    assert write_queue(tmp_path, rows) == first  # nobody has begun: it is made anew
    text = first.read_text().replace(",,\n", ",,safe\n", 1).replace(",,\r\n", ",,safe\r\n", 1)
    first.write_text(text)
    second = write_queue(tmp_path, rows)
    assert second.name == "label_next-2.csv"
    assert "safe" in first.read_text()
    second.write_text(second.read_text().replace(",,", ",,perhaps", 1))
    assert write_queue(tmp_path, rows).name == "label_next-3.csv"  # no label, but a person's


def test_the_rules_that_an_image_breaks(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("image,broken,label\na,r0 r2,unsafe\nb,,safe\nc,,unsafe\nd,r1,\n")
    labels = read_labels(path)
    rules = ("r0", "r1", "r2")
    assert [labels.of("", "a", rule) for rule in ("*", *rules)] == [True, True, False, True]
    assert [labels.of("", "b", rule) for rule in rules] == [False] * 3
    assert [labels.of("", "c", rule) for rule in ("*", *rules)] == [True, None, None, None]
    assert labels.of("", "d") is True
    path.write_text("image,broken,label\na,r0,safe\n")
    with pytest.raises(LabelError, match="breaks r0"):
        read_labels(path)
    path.write_text("image,rule,label\na,,safe\na,r0,unsafe\n")
    with pytest.raises(LabelError, match="is safe, and breaks r0"):
        read_labels(path)
    # A rule that the policy has not: nobody says that the others are kept.
    path.write_text("image,broken,label\na,r7,unsafe\nb,,safe\n")
    under = read_labels(path).under(rules)
    assert [under.of("", "a", rule) for rule in ("*", "r0")] == [True, None]
    assert under.of("", "b", "r0") is False
    path.write_text("image,label,drawn,place,of\na,safe,random,9,3\n")
    with pytest.raises(LabelError, match="drawn is random or doubtful"):
        read_labels(path)


def test_labels_by_rule_do_not_choose_images_by_what_they_are(tmp_path: Path) -> None:
    """One violated rule makes an image unsafe, and it takes all rules to be safe: of images that
    were labelled for one rule each, only the unsafe ones would have a label as a whole."""
    verdicts, _ = made_run(4, seed=1, **WORLD)
    path = tmp_path / "l.csv"
    rows = ["0.jpg,r0,unsafe", "1.jpg,r0,safe", "2.jpg,r0,safe", "2.jpg,r1,safe", "3.jpg,,unsafe"]
    path.write_text("image,rule,label\n" + "\n".join(rows) + "\n")
    j, how = judged(images_of(verdicts, []), read_labels(path))
    assert j.truth.tolist() == [False, True]  # images 2 and 3
    assert any("some of the rules" in note for note in how.notes)


def test_the_loop_as_documented_covers_the_truth(tmp_path: Path) -> None:
    """The whole table is made by benchmarks/judge_card.py."""
    verdicts, truth = made_run(150, seed=1, **WORLD)
    played = play(verdicts, truth, [40], 60, tmp_path)
    for name in ("recall", "precision", "prevalence"):
        tally = played.figures[name]
        assert tally.covered >= 55, name
        assert tally.points == 0
        assert tally.told >= 50
