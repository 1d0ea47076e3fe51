"""A run of `tune probe` as a switch: its probes and head, checked, over their own model."""

from pathlib import Path
from typing import Any

from crosslight.models import open_network, open_processor
from crosslight.records import BadSetting
from crosslight.runs import read_run
from crosslight.store import file_sha256
from crosslight.tune.base import locate_base
from crosslight.tune.probe.head import HEAD, copied, load_head
from crosslight.tune.probe.network import weights_here
from crosslight.tune.probe.probe import PROBES, Probe, load_probes
from crosslight.tune.probe.switch import Switch, own_head

AGAIN = "give the folder of a run of `crosslight tune probe` that came to its end"


def open_switch(folder: Path, base: str = "") -> Switch:
    """The model with its probes and, where one was trained, its refusal head. `base`: where a model
    lies that the run names by its folder alone.

    Somebody may have sent the folder: every file is the one that run.json names, and the model the
    one, in its revision, whose states the probes are of. Raises `BadSetting`.
    """
    told = read_run(folder)
    files, name, revision = _told(told, folder)
    for file in files:
        _check(folder / file, files[file])
    probes = load_probes(folder / PROBES)
    if not {"unsafe"} <= probes.keys() <= {"unsafe", "complies"}:
        raise BadSetting(f"{folder} holds other probes: {', '.join(sorted(probes))[:80]}", AGAIN)
    found = locate_base(base or name, "" if base or Path(name).is_dir() else revision)
    if found.revision != revision:
        raise BadSetting(
            f"the probes of {folder} are of {name} at {revision[:16]}, not {found.revision[:16]}",
            "name the model that they were fitted on",
        )
    device, weights = weights_here()
    model = open_network(found.folder, weights).to(device).eval().requires_grad_(False)
    width = model.config.get_text_config().hidden_size
    if any(probe.width != width for probe in probes.values()):
        raise BadSetting(f"the probes of {folder} read states of another width", AGAIN)
    return _switch(folder, model, open_processor(found.folder), probes, HEAD in files)


def _switch(
    folder: Path, model: Any, processor: Any, probes: dict[str, Probe], trained: bool
) -> Switch:
    head = None
    if trained:
        head = own_head(model)
        copied(load_head(folder / HEAD, head), head)
    return Switch(model, processor, probes["unsafe"], probes.get("complies"), head)


def _told(told: dict[str, Any], folder: Path) -> tuple[dict[str, str], str, str]:
    """Files with their hashes, name and revision of the model."""
    try:
        files = {str(name): str(sha) for name, sha in told["files"].items()}
        model = told["models"][0]
        name, revision = str(model["spec"]), str(model["revision"])
    except (LookupError, TypeError, AttributeError) as error:
        raise BadSetting(f"{folder} holds no probes that are named in run.json", AGAIN) from error
    whole = told.get("method") == "probe" and told.get("status") == "complete" and revision
    if not whole or not {PROBES} <= files.keys() <= {PROBES, HEAD}:
        raise BadSetting(f"{folder} holds no run of `tune probe` that is complete", AGAIN)
    return files, name, revision


def _check(path: Path, sha: str) -> None:
    if not path.is_file() or path.is_symlink() or file_sha256(path) != sha:
        raise BadSetting(f"{path.name} is not the file that run.json names", AGAIN)
