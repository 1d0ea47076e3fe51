"""The commands of contributors: they exist, and the audit never calls sound what it did not see."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AUDIT = ROOT / ".ci" / "audit.py"
TARGETS = (
    *("setup", "demo", "check", "test", "test-all", "docs", "picture", "lock", "audit", "clean"),
    ".venv-readers",
)
FLOORS = {
    "jinja2": "3.1.6",
    "aiohttp": "3.13.4",
    "filelock": "3.20.3",
    "onnx": "1.21",
    "pyarrow": "23.0.1",
    "pillow": "12.3",
    "torch": "2.10",
    "xllamacpp": "2026.9",
}
"""The first versions without the flaws that were known when they were written down."""


@pytest.mark.parametrize("target", TARGETS)
def test_the_target_exists(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        rf"^\.PHONY:.* {re.escape(target)} ", (ROOT / "Makefile").read_text(), re.MULTILINE
    )


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_with_a_known_flaw_is_admitted(name: str) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    floors = [re.match(rf"{name}\s*[>=]=\s*([0-9.]+)", one) for one in wanted]
    found = [floor[1] for floor in floors if floor]
    assert found and all(numbers(floor) >= numbers(FLOORS[name]) for floor in found), found
    locked = re.search(rf"^{name}==([0-9.]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert locked and numbers(locked[1]) >= numbers(FLOORS[name])


def tool(folder: Path, name: str, program: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{program}\n")
    path.chmod(0o755)


def audit(tmp_path: Path, pip_audit: str, sbom: str = "") -> subprocess.CompletedProcess[str]:
    """The script with these programs for its tools: `out` is where they are to write."""
    tools = tmp_path / "tools"
    tools.mkdir()
    out = "out = sys.argv[1 + max(sys.argv.index(f) for f in {} if f in sys.argv)]\n"
    tool(tools, "pip-audit", out.format(["--output"]) + WHICH + pip_audit)
    made = 'open(out, "w").write(json.dumps({"components": [1, 2]}))'
    tool(tools, "cyclonedx-py", out.format(["--output-file"]) + (sbom or made))
    command = [sys.executable, str(AUDIT), "--tools", str(tools)]
    (tmp_path / "lock.txt").write_text("a==1\nb==2\n")
    more = ["--lock", str(tmp_path / "lock.txt"), "--sbom", str(tmp_path / "dist" / "sbom.json")]
    return subprocess.run([*command, *more], capture_output=True, text=True, check=False)


WHICH = """
lock = open(sys.argv[sys.argv.index("--requirement") + 1]).read()
canary, service = "jinja2" in lock, sys.argv[sys.argv.index("--vulnerability-service") + 1]
flaw = {"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "CVE-1", "fix_versions": ["3.1.6"]}]}
def say(*found):
    open(out, "w").write(json.dumps({"dependencies": found}))
"""
CLEAN = 'say(flaw) if canary else say({"name": "a", "version": "1", "vulns": []})'


@pytest.mark.parametrize(
    "program",
    [
        'sys.exit("ConnectionError: cannot reach the service")',
        # what it does on a mirror: all is skipped, and the exit code says that all is well
        'say({"name": "jinja2", "skip_reason": "not found"})',
        'say({"name": "jinja2", "version": "3.1.2", "vulns": []})',
        'open(out, "w").write("no JSON")',
        'say(flaw) if canary else sys.exit("broke off")',
        'say(flaw) if canary else say({"name": "a", "skip_reason": "not found"})',
        "say(flaw) if canary else say()",
    ],
)
def test_what_was_not_looked_at_is_not_called_sound(tmp_path: Path, program: str) -> None:
    done = audit(tmp_path, program)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "looked at" in done.stdout and "Traceback" not in done.stderr
    assert len(json.loads((tmp_path / "dist" / "sbom.json").read_text())["components"]) == 2


def test_what_was_looked_at(tmp_path: Path) -> None:
    done = audit(tmp_path, CLEAN)
    assert done.returncode == 0 and "1 packages 0 have" in done.stdout


def test_another_database_is_asked_where_the_first_does_not_answer(tmp_path: Path) -> None:
    done = audit(tmp_path, 'sys.exit(1) if service == "pypi" else None\n' + CLEAN)
    assert done.returncode == 0 and "database: osv" in done.stdout


def test_a_known_flaw_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, "say(flaw)")
    assert done.returncode == 1 and "jinja2 3.1.2: CVE-1, mended in 3.1.6" in done.stdout


def test_without_a_registry_it_says_so(tmp_path: Path) -> None:
    """The whole script, with an index that is not there."""
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, str(AUDIT), "--sbom", str(tmp_path / "sbom.json")],
        env=kept | nowhere | {"PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "registry" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
