"""How many judges a rating trains: each sample of rows, with each seed, is one."""

from collections.abc import Iterator

from crosslight.rate.config import RateConfig
from crosslight.rate.curves import sizes_of
from crosslight.rate.plan import Plan, Sample


def trainings(plan: Plan, config: RateConfig) -> int:
    """Without those of a mixture, which hang on what is found."""
    found: set[tuple[int, bytes, bytes]] = set()
    for seed in range(config.seeds):
        for sample in _samples(plan, config, config.seed + seed):
            if sample is not None:
                found.add((seed, sample.sets.tobytes(), sample.rows.tobytes()))
    return len(found)


def _samples(plan: Plan, config: RateConfig, seed: int) -> Iterator[Sample | None]:
    """Those of all cells; cells without duplicates share one."""
    for own in plan.trained:
        for at in range(len(plan.sets)):
            yield plan.sample([own], at, seed)
            if own != at and at in plan.tested and plan.overlaps[own, at].flagged:
                yield plan.sample([own], None, seed)
            if config.curves and own != at and at in plan.tested:
                for size in sizes_of(plan.per_class):
                    yield plan.sample([own], at, seed, size)
    if config.others and len(plan.trained) > 2:
        for at in plan.tested:
            rest = [n for n in plan.trained if n != at and plan.left(n, at) >= plan.per_class]
            if rest:
                yield plan.sample(rest, at, seed)
