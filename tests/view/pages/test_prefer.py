"""The page of a run of prefer: mirrors side by side, nothing believed."""

from pathlib import Path

from crosslight.prefer import PairRow, read_pairs
from crosslight.prefer.bank_pairs import pairs_of
from crosslight.prefer.config import PreferConfig
from crosslight.view.pages.prefer import choose, pair_groups, render
from tests.export.test_pairs import EVIL, fixed, made
from tests.prefer.builds import bank_rows, built
from tests.view.pages.test_build import Page


def bank_pairs(folder: Path) -> list[PairRow]:
    return list(pairs_of(built(folder, bank_rows(40, share=1)), PreferConfig()).rows)


def test_mirrors_stand_together_with_the_risky_side_first(tmp_path: Path) -> None:
    rows = bank_pairs(tmp_path)
    groups = pair_groups(rows)
    assert sum(len(group.rows) for group in groups) == len(rows)
    both = [group.rows for group in groups if len(group.rows) == 2]
    assert len(both) == sum(bool(row.mirror_of) for row in rows) / 2 > 10
    assert all((a.side, b.side) == ("hidden_risk", "harmless") for a, b in both)
    shown = choose(groups, 8)
    assert len(shown) == 8 and len({group.sort for group in shown}) == 8
    assert shown[0].sort.startswith("mirror by photo")


def test_a_half_whose_partner_is_gone_stands_alone(tmp_path: Path) -> None:
    rows = [row for row in bank_pairs(tmp_path) if row.side == "hidden_risk"]
    assert all(len(group.rows) == 1 for group in pair_groups(rows))


def test_a_page_that_loads_nothing_and_believes_no_column(tmp_path: Path) -> None:
    text = render(read_pairs(made(tmp_path, fixed(reply=EVIL), notes=[EVIL])))
    page = Page(text)
    assert len(page.of("script")) == 1 and page.of("iframe") == []  # ours, by its hash
    assert all(attrs["src"].startswith("data:image/jpeg;base64,") for attrs in page.of("img"))
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "<script>alert" not in text and "url(" not in text
    assert "script-src 'sha256-" in text and "default-src 'none'" in text
    assert "has no circle" in page.text
    assert text == render(read_pairs(tmp_path))
