"""The card of a run of prefer: `README.md`, with front matter for the Hugging Face hub."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from crosslight.export.card import Raw, card_environment, card_settings, size_category
from crosslight.export.pairs import pair_sections
from crosslight.prefer import PairsRun, read_pairs
from crosslight.runs import read_run, split_files
from crosslight.store import write_text


def write_pairs_card(run_dir: Path) -> Path:
    """Write `README.md` into a run directory and return its path. Raises `RunError`."""
    return write_text(run_dir / "README.md", render_pairs_card(read_pairs(run_dir)))


def render_pairs_card(run: PairsRun) -> str:
    """The card as text; the same run gives the same text."""
    licences = Counter({row.photo: row.licence or "not stated" for row in run.rows}.values())
    told = read_run(run.folder)
    notes = told.get("notes")
    command = run.manifest.settings.get("command")
    return (
        card_environment()
        .get_template("pairs.md.j2")
        .render(
            front=Raw(_front_matter(run)),
            manifest=run.manifest,
            notes=[str(note) for note in notes] if isinstance(notes, list) else [],
            sections=pair_sections(run),
            asked="wins" in told,
            splits=sorted(Counter(row.split for row in run.rows).items()),
            licences=sorted(licences.items(), key=lambda item: (-item[1], item[0])),
            settings=card_settings(run.manifest.settings),
            command=" ".join(map(str, command)) if isinstance(command, list) else "",
        )
    )


def _front_matter(run: PairsRun) -> str:
    """YAML for the hub. `license` is `other`: each photo keeps its own."""
    front: dict[str, Any] = {
        "pretty_name": "Crosslight: preference pairs about pictures",
        "language": ["en"],
        "license": "other",
        "license_name": "per-photo",
        "task_categories": ["image-text-to-text", "reinforcement-learning"],
        "size_categories": [size_category(len(run.rows))],
        "annotations_creators": ["machine-generated"],
        "tags": ["dpo", "preference", "safety", "multimodal", "crosslight", "image", "text"],
    }
    if splits := tuple(split_files(run.folder)):
        files = [{"split": s, "path": f"dataset/{s}-*.parquet"} for s in splits]
        front["configs"] = [{"config_name": "default", "default": True, "data_files": files}]
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=100).rstrip()
