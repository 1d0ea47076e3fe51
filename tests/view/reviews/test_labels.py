"""Labels of reviewers as the judge's report card reads them."""

from pathlib import Path

from crosslight.judge.labels import read_labels
from crosslight.runs import Act, Reviews
from crosslight.view.reviews.labels import drawn_photos, label_file

QUEUE = (
    "image,photo,drawn,queue,place,of,label\r\n"
    "a.jpg,aa,doubtful,q1,1,9,\r\n"
    "a.jpg,aa,random,q1,1,9,\r\n"
    "b.jpg,bb,doubtful,q1,2,9,\r\n"
)


def test_labels_say_how_they_were_drawn_and_leave_out_what_is_disputed(tmp_path: Path) -> None:
    (tmp_path / "label_next.csv").write_text(QUEUE, encoding="utf-8")
    (tmp_path / "label_next-2.csv").write_bytes(b"\xff\xfe\x00 no text")
    reviews = Reviews(tmp_path)
    for row, by, label, rule in (
        ("1", "ann", "unsafe", ""),
        ("1", "bo", "unsafe", ""),
        ("2", "ann", "safe", "pets"),
        ("3", "ann", "safe", ""),
        ("3", "bo", "unsafe", ""),
        ("4", "ann", "odd", ""),
        ("5", "ann", "safe", ""),
    ):
        reviews.add(Act(row=row, by=by, verdict="", label=label, rule=rule))
    names = {"1": ("a.jpg", "aa"), "2": ("b.jpg", "bb"), "3": ("c.jpg", "cc"), "4": ("d.jpg", "dd")}
    made = label_file(reviews.standing(), names, drawn_photos(tmp_path))
    assert (made.labels, made.disputed) == (2, 1)
    lines = made.text.splitlines()
    assert lines[1].startswith("a.jpg,aa,*,unsafe,random,q1,1,9,ann bo")
    assert lines[2].startswith("b.jpg,bb,pets,safe,doubtful,q1,2,9,ann")

    path = tmp_path / "labels.csv"
    path.write_text(made.text, encoding="utf-8")
    labels = read_labels(path)
    assert labels.of("aa", "a.jpg") is True
    assert labels.of("bb", "b.jpg", "pets") is False
    assert labels.of("cc", "c.jpg") is None
