"""The model card of a run: `README.md`, with the front matter of the hub. Text of others is
escaped."""

from pathlib import Path
from typing import Any

import yaml

from crosslight.store import write_text
from crosslight.text import markdown
from crosslight.tune.job import TuneJob
from crosslight.tune.settings import Preset, read_preset

CARD = "README.md"
NAMES = {
    "held_out": "rows that were held out",
    "mirrored": "mirrored pairs that were trained on",
    "mirrored_blank": "the same with grey pictures",
}


def write_card(job: TuneJob, record: dict[str, Any]) -> Path:
    """Write it into the run's folder."""
    preset = read_preset(job.preset)
    return write_text(job.out / CARD, render(record, preset))


def render(record: dict[str, Any], preset: Preset) -> str:
    """The card as text; the same run gives the same text."""
    base, data = record["models"][0], record["data"]
    front = {
        "base_model": base["spec"],
        "library_name": "peft" if record["settings"]["lora"] else "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": ["crosslight", "safety", record["method"]],
    }
    lines = [
        "---",
        yaml.safe_dump(front, sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "",
        f"# {markdown(base['spec'])}, tuned by {record['method']}",
        "",
        f"Made by Crosslight from {data['train']:,} rows, preset `{markdown(record['preset'])}`, "
        f"seed {record['seed']}. The base's revision is `{markdown(base['revision'])}`.",
        "",
        "What it is for: safety that hangs on picture and text together. What it is not: proof "
        "that a model is safe; measure it with `crosslight bench`.",
        "",
        "## Figures",
        "",
        *_figures(record),
        "## Data",
        "",
        "| file | sha256 |",
        "|---|---|",
        *(f"| {markdown(name)} | `{sha}` |" for name, sha in data["files"].items()),
        "",
        f"{record['dropped']:,} rows were dropped and {record['failed']:,} failed; "
        "`dropped.parquet` and `failed.parquet` say why.",
        "",
        "## Settings",
        "",
        *_settings(record, preset),
        "",
        "## Versions",
        "",
        ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
        "",
    ]
    return "\n".join(lines)


def _figures(record: dict[str, Any]) -> list[str]:
    unit = "log-probability a token" if record["method"] == "sft" else "margin"
    lines = [f"| rows | count | {unit} before | after | rose |", "|---|---:|---:|---:|---:|"]
    for name, title in NAMES.items():
        told = record["figures"].get(name)
        if told and told["rows"]:
            cells = (told["rows"], f"{told['before']:.4f}", f"{told['after']:.4f}", told["rose"])
            lines.append(f"| {title} | {' | '.join(map(str, cells))} |")
    for name in ("mirrored", "mirrored_blank"):
        if told := record["figures"].get(name):
            both = f"{told['both_rose']:,} of {told['couples']:,}"
            lines += ["", f"In {both} couples of {NAMES[name]} both members rose."]
    notes = [f"> {markdown(note)}" for note in record["notes"]]
    return [*lines, "", *notes, *([""] if notes else [])]


def _settings(record: dict[str, Any], preset: Preset) -> list[str]:
    values = preset.settings.model_dump()
    lines = ["| setting | value | from |", "|---|---|---|"]
    for name, value in record["settings"].items():
        told = preset.sources.get(name, "our default") if value == values[name] else "set by hand"
        lines.append(f"| {name} | {markdown(str(value))} | {markdown(told)} |")
    if preset.defects:
        lines += ["", "Defects of what was published:", ""]
        lines += [f"- {markdown(one)}" for one in preset.defects]
    return lines
