"""Author, guard, responder: who imagines, who checks, who answers."""

from crosslight.build.roles.choose import roles_for
from crosslight.build.roles.protocol import (
    NOT_ELSEWHERE,
    Author,
    ControlWish,
    Eyes,
    Guard,
    HarmlessText,
    Reading,
    Responder,
    Roles,
    Subject,
    There,
)

__all__ = [
    "NOT_ELSEWHERE",
    "Author",
    "ControlWish",
    "Eyes",
    "Guard",
    "HarmlessText",
    "Reading",
    "Responder",
    "Roles",
    "Subject",
    "There",
    "roles_for",
]
