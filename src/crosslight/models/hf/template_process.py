"""The program that renders chat templates, and nothing else: run in a child with limits.

A template is a program of whoever made the model. It can loop without end, or build a string that
fills the memory, also only for some messages; so no template is rendered in our own process.

Reads from standard input the template as a JSON string, then requests, one JSON value a line;
answers each with one line. It ends when the input does, or when a rendering takes too long. The
environment is that of `transformers` (utils/chat_template_utils.py), so that texts are the same.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from datetime import datetime
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox
import jinja2.utils


class Generation(jinja2.ext.Extension):
    """`{% generation %}`: what an assistant says; it only marks."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 has it

    def parse(self, parser: Any) -> Any:
        """Its body as it is."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        call = self.call_method("_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller: Any) -> Any:
        return caller()


class Dict:
    """`dict` without what leads to Python's own."""

    def __call__(self, *args: Any, **named: Any) -> dict[Any, Any]:
        return dict(*args, **named)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        """As `dict.fromkeys`."""
        return dict.fromkeys(*args)


class Namespace(jinja2.utils.Namespace):
    """A namespace without names of Python's own."""

    def __init__(*args: Any, **named: Any) -> None:
        self, rest = args[0], args[1:]
        values = dict(*rest, **named)
        for name in values:
            _refuse_private(name)
        jinja2.utils.Namespace.__init__(self, values)

    def __setitem__(self, name: str, value: Any) -> None:
        _refuse_private(name)
        super().__setitem__(name, value)


def environment() -> jinja2.Environment:
    """The sandbox that chat templates are written for."""
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    made.filters["tojson"] = _tojson
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = _now
    made.globals["dict"] = Dict()
    made.globals["namespace"] = Namespace
    return made


def main(cpu_s: float, memory: int, longest: int) -> None:
    """Answer requests. Each may take `cpu_s` seconds and give `longest` characters."""
    _bound_memory(memory)
    template: Any = None
    for line in sys.stdin:
        _bound_time(cpu_s)
        reply: dict[str, str] = {}
        try:
            if template is None:
                template = environment().from_string(json.loads(line))
            else:
                text = template.render(json.loads(line))
                big = len(text) > longest
                reply = {"refused": f"over {longest:,} characters"} if big else {"text": text}
        except MemoryError:
            os._exit(3)
        except Exception as error:  # whatever a template of strangers can raise
            reply = {"refused": f"{type(error).__name__}: {error}"[:300]}
        _bound_time(0)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def _refuse_private(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(f"no name of a namespace: {name!r}")


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _bound_memory(most: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_TIMERS: list[threading.Timer] = []


def _bound_time(seconds: float) -> None:
    """From now on; 0 ends the bound. The process is ended: a template could catch an exception."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor, not of the clock
        return
    while _TIMERS:
        _TIMERS.pop().cancel()
    if seconds:
        _TIMERS.append(threading.Timer(seconds, os._exit, (4,)))
        _TIMERS[-1].daemon = True
        _TIMERS[-1].start()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
