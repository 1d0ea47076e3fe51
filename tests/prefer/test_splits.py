"""Splits by cluster."""

from collections import Counter

from crosslight.prefer.splits import split_clusters


def test_clusters_with_and_without_a_mirror_are_dealt_apart() -> None:
    clusters = {f"c{n}": n < 10 for n in range(40)}
    splits = split_clusters(clusters, 0)
    assert set(splits) == set(clusters)
    for sort in (True, False):
        counts = Counter(splits[name] for name, has in clusters.items() if has is sort)
        assert counts["test"] == counts["validation"] == (1 if sort else 3)
    assert splits == split_clusters(dict(reversed(clusters.items())), 0)
    assert splits != split_clusters(clusters, 1)


def test_too_few_clusters_are_all_train() -> None:
    assert set(split_clusters({f"c{n}": True for n in range(4)}, 0).values()) == {"train"}
    assert split_clusters({}, 0) == {}
