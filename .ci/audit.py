#!/usr/bin/env python3
"""Asks the databases of advisories about every version of the lock, and writes dist/sbom.json.

`make audit` calls this. The tools (pip-audit, cyclonedx-bom) live in an environment that is thrown
away. Exit codes: 0 every package was looked at and none has a known flaw, 1 some have, 2 the tools
could not be installed, 3 not all could be looked at (no database was reached, or one that knows
nothing): then nothing is said to be sound.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
SOUND, FLAWED, NO_TOOLS, NOT_LOOKED_AT = 0, 1, 2, 3
SERVICES = ("pypi", "osv")
KNOWN_FLAW = "jinja2==3.1.2"
"""Has published advisories: a database that finds nothing here (a mirror without them) finds
nothing anywhere."""
SECONDS = 600


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=HERE / "constraints.txt")
    parser.add_argument("--sbom", type=Path, default=HERE / "dist" / "sbom.json")
    parser.add_argument("--tools", type=Path, help="a folder with pip-audit and cyclonedx-py")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        tools = given.tools or install(room)
        if tools is None:
            print("audit: cannot install pip-audit and cyclonedx-bom: is a registry in reach?")
            return NO_TOOLS
        if not write_sbom(tools, given.lock, given.sbom, room):
            return NO_TOOLS
        return audit(tools, given.lock, room)


def install(room: Path) -> Path | None:
    """The folder of the tools in a new environment; None where they cannot be had."""
    venv.create(room / "venv", with_pip=True)
    tools = room / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(tools / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return tools if run([*pip, "pip-audit", "cyclonedx-bom"]) is not None else None


def write_sbom(tools: Path, lock: Path, sbom: Path, room: Path) -> bool:
    """The bill of materials of the lock, in CycloneDX's JSON."""
    made = room / "sbom.json"
    command = [str(tools / "cyclonedx-py"), "requirements", str(lock), "--output-format", "JSON"]
    root = ["--pyproject", str(HERE / "pyproject.toml"), "--output-reproducible"]
    if run([*command, *root, "--output-file", str(made)]) is None or not made.is_file():
        print("audit: cyclonedx-py wrote no bill of materials")
        return False
    sbom.parent.mkdir(parents=True, exist_ok=True)
    sbom.write_bytes(made.read_bytes())
    print(f"audit: {sbom} names {len(json.loads(sbom.read_text('utf-8'))['components'])} packages")
    return True


def audit(tools: Path, lock: Path, room: Path) -> int:
    """Ask the first database that knows a flaw which is known."""
    canary = room / "known.txt"
    canary.write_text(KNOWN_FLAW + "\n", encoding="utf-8")
    for service in SERVICES:
        known = ask(tools, service, canary, room)
        if not known or not any(one.get("vulns") for one in known):
            print(f"audit: the database {service} cannot be reached, or knows no advisories")
            continue
        found = ask(tools, service, lock, room)
        if found is not None:
            return told(service, found)
        print(f"audit: the database {service} broke off")
    print("audit: NOTHING was looked at; run it again where an advisory database is in reach")
    return NOT_LOOKED_AT


def told(service: str, found: list[dict[str, Any]]) -> int:
    """Say what was found; the exit code."""
    flawed = [one for one in found if one.get("vulns")]
    for one in flawed:
        for flaw in one["vulns"]:
            fixed = ", ".join(flaw.get("fix_versions", ())) or "no version yet"
            print(f"audit: {one['name']} {one['version']}: {flaw['id']}, mended in {fixed}")
    skipped = [one for one in found if "vulns" not in one]
    for one in skipped:
        print(f"audit: {one['name']} was NOT looked at: {one.get('skip_reason', 'no reason told')}")
    print(
        f"audit: of {len(found)} packages {len(flawed)} have known flaws and {len(skipped)} were "
        f"not looked at (database: {service})"
    )
    if flawed:
        return FLAWED
    return NOT_LOOKED_AT if skipped or not found else SOUND


def ask(tools: Path, service: str, lock: Path, room: Path) -> list[dict[str, Any]] | None:
    """What pip-audit tells of each package; None where it could not ask."""
    answer = room / f"{service}-{lock.stem}.json"
    command = [str(tools / "pip-audit"), "--requirement", str(lock), "--no-deps", "--disable-pip"]
    how = ["--vulnerability-service", service, "--progress-spinner", "off", "--format", "json"]
    # Its exit code is 1 for a flaw and for a fault alike, and 0 where it looked at nothing.
    run([*command, *how, "--output", str(answer)], allowed=(0, 1))
    try:
        found: list[dict[str, Any]] = json.loads(answer.read_text("utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def run(command: list[str], allowed: tuple[int, ...] = (0,)) -> str | None:
    """What a command says; None where it failed."""
    try:
        done = subprocess.run(  # noqa: S603 - our own tools
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode in allowed else None


if __name__ == "__main__":
    sys.exit(main())
