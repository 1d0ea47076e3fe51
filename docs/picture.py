"""The picture of the viewer in README.md: `make picture`, after `make demo`.

It starts `crosslight view` on the demo and takes what Chromium shows of it, light and dark. The
rows in it are chosen by the licence of their photos, so that the picture can be handed on;
README.md names the people who took them.
"""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

DOCS: Final = Path(__file__).parent
DEMO: Final = DOCS.parent / "runs" / "demo"
COMMAND: Final = ("crosslight", "view", "--port", "0")
"""What the picture is of; `python -m crosslight` is the same."""
LICENCE: Final = "CC0-1.0"
ROWS: Final = f"rows?{urlencode({'f.licence': LICENCE})}"
PICTURES: Final = {"light": DOCS / "viewer.webp", "dark": DOCS / "viewer-dark.webp"}
SIZE: Final = {"width": 1100, "height": 720}
SCALE: Final = 1.5
MOST: Final = 300_000
"""Bytes of a picture."""
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def main(run: Path) -> None:
    """Write both pictures."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("There is no Chromium here to take a picture with: apt install chromium")
    if not (run / "run.json").is_file():
        sys.exit(f"{run.name}: there is no such run; `make demo` makes it")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        sys.exit("Playwright drives the browser: pip install -e '.[test]'")
    with viewer(run) as address, sync_playwright() as api:
        chromium = api.chromium.launch(executable_path=browser, args=list(FLAGS))
        for theme, path in PICTURES.items():
            data = taken(chromium, f"{address}/r/{run.resolve().name}/{ROWS}", theme)
            if len(data) > MOST:
                sys.exit(f"{path.name} would have {len(data):,} bytes, more than {MOST:,}")
            path.write_bytes(data)
            print(f"{path.relative_to(DOCS.parent)}: {len(data):,} bytes")
        chromium.close()


@contextmanager
def viewer(run: Path) -> Iterator[str]:
    """The address of a viewer of this run."""
    command = [sys.executable, "-m", *COMMAND[:2], str(run), *COMMAND[2:]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as started:  # noqa: S603
        try:
            assert started.stdout is not None and started.stderr is not None
            found = re.search(r"http://\S+:\d+", started.stdout.readline())
            if found is None:
                sys.exit(f"The viewer has not started: {started.stderr.read().strip()}")
            yield found.group()
        finally:
            started.terminate()


def taken(browser: Any, address: str, theme: str) -> bytes:
    """The page as WebP."""
    from PIL import Image

    context = browser.new_context(viewport=SIZE, color_scheme=theme, device_scale_factor=SCALE)
    page = context.new_page()
    answer = page.goto(address)
    if not answer.ok or not page.locator(".card").count():
        sys.exit(f"The viewer shows no row of the licence {LICENCE}: is it the demo's run?")
    page.wait_for_load_state("networkidle")  # all its photos are there
    shot = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    out = io.BytesIO()
    shot.save(out, "WEBP", quality=82, method=6)
    return out.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
