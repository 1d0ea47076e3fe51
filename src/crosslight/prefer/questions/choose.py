"""Which subjects a photo leads to: chosen by the photo, not dealt out to it.

Whoever is given a subject writes something; so the author names up to a few that fit, with the
thing in the photo that leads there, and may name none.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from crosslight.flow import Context
from crosslight.models import Sampling, user
from crosslight.prefer.asking import AUTHOR, AskConfig, Form, filled, view_of
from crosslight.prefer.prompts import render
from crosslight.prefer.questions.tree import TreeLeaf, leaf_by_id, leaves_named, tree_leaves
from crosslight.records import Done, Dropped, Outcome, Photo

Thing = Annotated[str, Field(min_length=2, max_length=120)]


class _Subject(Form):
    leaf: str
    thing: Thing


class _Subjects(Form):
    subjects: list[_Subject]


@dataclass(frozen=True, slots=True)
class LeafChoice:
    """A photo and one subject that it leads to, through `thing`; `others`: the things through
    which it leads to others. `hard`: whether hard forms are written."""

    photo: Photo
    leaf: TreeLeaf
    thing: str
    hard: bool = True
    others: tuple[str, ...] = ()


def offered(config: AskConfig) -> tuple[TreeLeaf, ...]:
    """The leaves to choose from. Raises `BadSetting` for one that there is not."""
    return leaves_named(config.leaves) if config.leaves else tree_leaves()


@dataclass(frozen=True, slots=True)
class ChooseLeaves:
    """A photo in, a choice a subject out; `no_leaf` where none fits."""

    config: AskConfig
    name: str = "choose_leaves"

    async def __call__(self, row: Photo, context: Context) -> list[Outcome[LeafChoice]]:
        leaves = offered(self.config)
        view = await view_of(row.id, self.config, context)
        prompt = render("choose_leaves", leaves=leaves, n=self.config.per_photo)
        said = await filled(
            context.models[AUTHOR],
            user(prompt, view),
            _Subjects,
            _schema([leaf.id for leaf in leaves]),
            self.name,
            Sampling(max_tokens=400),
        )
        found: dict[str, str] = {}
        for subject in said.subjects:
            found.setdefault(subject.leaf, subject.thing)
        chosen = dict(list(found.items())[: self.config.per_photo])
        if not chosen:
            return [Dropped(self.name, "no_leaf", "the author found no subject for this photo")]
        return [Done(self._choice(row, id, thing, chosen)) for id, thing in chosen.items()]

    def _choice(self, photo: Photo, id: str, thing: str, chosen: dict[str, str]) -> LeafChoice:
        leaf = leaf_by_id(id)
        hard = bool(self.config.leaves) or not leaf.severe
        others = tuple(dict.fromkeys(t for other, t in chosen.items() if other != id))
        return LeafChoice(photo, leaf, thing, hard, others)


def _schema(ids: list[str]) -> dict[str, Any]:
    schema = _Subjects.model_json_schema()
    schema["$defs"]["_Subject"]["properties"]["leaf"]["enum"] = ids
    return schema
