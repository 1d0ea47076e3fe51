"""Chat templates are programs of strangers: the same text as ever, and limits."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.errors import BadSpec
from crosslight.models.hf.template import ChatTemplate, special_tokens

TURNS = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What? <b>&'\"ü😀"}]},
]
GIVEN = {"messages": TURNS, "tools": None, "documents": None, "add_generation_prompt": True}


@pytest.fixture
def render() -> Iterator[Callable[[str], str]]:
    made: list[ChatTemplate] = []

    def one(source: str) -> str:
        made.append(ChatTemplate(source, cpu_s=0.5))
        return made[-1].render(GIVEN)

    yield one
    for template in made:
        template.close()


LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
TWICE = "{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}"
GROWS = "{% set n.x = n.x + n.x %}"
HUNGRY = {
    "nested loops": LOOPS,
    "a large text": "{{ 'A' * 2000000000 }}",
    "a text over the bound": "{{ 'A' * 20000000 }}",
    "doubling": "{% set n = namespace(x='aa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}"
    "{% endfor %}{{ n.x }}",
    "a macro that calls itself twice": "{% macro f(n) %}" + TWICE + "{% endmacro %}{{ f(60) }}",
    "a power": "{{ 10 ** (10 ** 10) }}",
    "padding": "{{ '%999999999999d' | format(1) }}",
    "a wide text": "{{ 'a'.center(40000000000) }}",
    "lists": "{% set n = namespace(x=[1]) %}{% for i in range(60) %}" + GROWS + "{% endfor %}",
    "a deep expression": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "a table of itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
}


@pytest.mark.parametrize("name", HUNGRY)
def test_a_template_that_takes_too_much_is_refused(name: str, render: Callable[[str], str]) -> None:
    began = time.monotonic()
    with pytest.raises(BadSpec):
        render(HUNGRY[name])
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.__init__.__globals__ }}",
        "{% set n = namespace(__class__=1) %}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{{ messages.append(1) }}",
        "{{ raise_exception('no') }}",
        "{% include '/etc/passwd' %}",
        "{{ ''|attr('__class__')|attr('__mro__')|list }}{{ nothing.at.all }}",
        "{{",
    ],
)
def test_what_a_template_may_not_do(source: str, render: Callable[[str], str]) -> None:
    with pytest.raises(BadSpec):
        render(source)


def test_it_goes_on_after_a_refusal_and_after_its_end(tmp_path: Path) -> None:
    source = (
        "{% if x == 1 %}" + LOOPS + "{% elif x == 2 %}{{ raise_exception('no') }}{% endif %}{{ x }}"
    )
    template = ChatTemplate(source, cpu_s=0.3)
    for x in (1, 0, 2, 3, 1, 5):
        if x in (1, 2):
            with pytest.raises(BadSpec, match="does not end" if x == 1 else "no"):
                template.render({"x": x})
        else:
            assert template.render({"x": x}) == str(x)
    child = template._child
    template.close()
    assert child is not None and child.returncode is not None


def test_no_key_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    template = ChatTemplate("x")
    assert template.render({}) == "x"
    child = template._child
    environ = Path(f"/proc/{child.pid if child else 0}/environ")
    if environ.is_file():
        assert b"secret" not in environ.read_bytes()
    template.close()
    assert os.environ["OPENAI_API_KEY"] == "secret"


SAME = [
    "{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | string | trim }}\n{% endfor %}",
    "{{ messages | tojson }}{{ messages | tojson(indent=2) }}{{ dict(a=1) }}",
    "{% set ns = namespace(found=false) %}{% for m in messages %}{% if loop.first %}"
    "{% set ns.found = true %}{% continue %}{% endif %}{{ loop.index }}{% break %}{% endfor %}"
    "{{ ns.found }}",
    "  {% if tools %}a{% else %}\n   b\n  {% endif %}\n{{ bos_token }}{{ eos_token }}|"
    "{{ undefined }}",
    "{% generation %}{{ messages[-1].content[1].text | upper }}{% endgeneration %}",
    "{%- macro f(x) -%}<{{ x }}>{%- endmacro -%}{{ f(messages[0]['content']) }}"
    "{{ strftime_now('%Y') }}",
    "{{ '<b>' | e }}{{ messages[0].content[::-1] }}{{ 'abc'.split('b') }}{{ messages | length }}",
    "{% for k, v in messages[0] | dictsort %}{{ k }}={{ v }};{% endfor %}"
    "{{ add_generation_prompt }}",
]


@pytest.mark.parametrize("source", SAME)
def test_it_gives_what_transformers_gives(source: str) -> None:
    pytest.importorskip("torch")
    from tests.models.hf import tiny

    tokenizer = tiny.make_tokenizer("llava")
    wanted = tokenizer.apply_chat_template(
        TURNS,
        chat_template=source,
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
    )
    template = ChatTemplate(source)
    given: dict[str, Any] = {**special_tokens(tokenizer), **GIVEN, "enable_thinking": False}
    assert template.render(given) == wanted
    template.close()
