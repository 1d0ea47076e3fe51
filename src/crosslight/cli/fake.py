"""`crosslight fake serve`: a scripted model as a real HTTP server, for examples and tests."""

import asyncio
import contextlib
import signal

import typer
from rich.markup import escape

from crosslight.cli.console import end_served, out

app = typer.Typer(help="A scripted model for examples and tests.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """A scripted model for examples and tests."""


@app.command("serve")
def serve_fake(
    script: str = typer.Argument(
        "echo", help="A YAML script, or a built-in name (echo, faults, habits)."
    ),
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(8321, help="Port; 0 takes a free one."),
    latency: float = typer.Option(None, help="Milliseconds an answer, instead of the script's."),
    slots: int = typer.Option(None, help="Answers at a time, instead of the script's."),
) -> None:
    """Serve a script as an OpenAI-compatible endpoint until Ctrl-C. Counts stand at /stats."""
    from crosslight.models import FakeEndpoint, run_fake_server, serve_script

    def ready(url: str, running: FakeEndpoint) -> None:
        name, models = escape(running.script.name), running.script.models
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: end_served("stopped"))
        out.print(f"serving '{name}' as openai:{name}@{escape(url)}")
        if models:
            out.print(f"and {len(models)} models: {escape(', '.join(models))}", style="dim")
        out.print("Ctrl-C ends it", style="dim")

    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        run_fake_server(
            serve_script(
                script,
                host,
                port,
                latency_ms=latency,
                slots=slots,
                any_model=False,
                ready=ready,
            )
        )
