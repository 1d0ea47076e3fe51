"""Author, guard, responder: who imagines, who checks, who answers."""

from crosslight.build.roles.choose import roles_for
from crosslight.build.roles.protocol import (
    Author,
    ControlWish,
    Guard,
    HarmlessText,
    Reading,
    Responder,
    Roles,
    Subject,
    There,
)

__all__ = [
    "Author",
    "ControlWish",
    "Guard",
    "HarmlessText",
    "Reading",
    "Responder",
    "Roles",
    "Subject",
    "There",
    "roles_for",
]
