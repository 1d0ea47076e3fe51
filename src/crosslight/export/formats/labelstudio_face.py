"""The labelling interface of Label Studio, by the kind of rows: what is shown, what is asked."""

from dataclasses import dataclass
from importlib.resources import files
from xml.etree import ElementTree  # of the interface that we write ourselves
from xml.sax.saxutils import quoteattr

from crosslight.export.formats.judged import rule_titles
from crosslight.export.formats.rows import Shape

MOST_PICTURES = 8
"""That an interface shows of a row."""
RULE = "label@"
"""Before the name of a rule: the control that asks of it."""
_PICTURES = "  <!-- pictures -->"
_RULES = "  <!-- rules -->"


@dataclass(frozen=True, slots=True)
class Control:
    """What an interface asks: of which of its texts, and what can be chosen (nothing: it is
    written)."""

    about: str
    choices: frozenset[str] = frozenset()


def controls_of(face: str) -> dict[str, Control]:
    """Those of an interface, by name."""
    found = {}
    for one in ElementTree.fromstring(face).iter():  # noqa: S314 - ours
        if "toName" in one.attrib:
            choices = frozenset(choice.attrib["value"] for choice in one.iter("Choice"))
            found[one.attrib["name"]] = Control(one.attrib["toName"], choices)
    return found


def labelling(shape: Shape) -> str:
    """The interface as XML."""
    name = f"labelstudio_{shape.source.rows.what.split()[-1]}.xml"
    text = (files("crosslight.export") / "templates" / name).read_text(encoding="utf-8")
    shown = [f'  <Image name="{one}" value="${one}"/>' for one in picture_names(shape.pictures)]
    lines: list[str] = []
    for line in text.splitlines():
        if line == _PICTURES:
            lines += shown
        elif line == _RULES:
            lines += _rules(shape)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def picture_names(pictures: int) -> list[str]:
    """The fields of a task that hold its pictures."""
    wanted = min(pictures, MOST_PICTURES)
    return ["image", *(f"image_{at}" for at in range(2, wanted + 1))][:wanted]


def _rules(shape: Shape) -> list[str]:
    """A question a rule."""
    lines = []
    for rule, title in rule_titles(shape.source).items():
        lines += [
            f"  <Header value={_said('By the rule: ' + title)}/>",
            f'  <Choices name={_said(RULE + rule)} toName="text" choice="single-radio">',
            '    <Choice value="unsafe"/>',
            '    <Choice value="safe"/>',
            "  </Choices>",
        ]
    return lines


def _said(text: str) -> str:
    """As the value of an attribute: a dollar would name a field of the task."""
    plain = "".join(one if one.isprintable() else " " for one in text.replace("$", "\uff04"))
    return quoteattr(plain[:300])
