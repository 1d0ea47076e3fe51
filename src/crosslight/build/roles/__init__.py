"""Author, guard, responder: who imagines, who checks, who answers."""

from crosslight.build.roles.choose import roles_for
from crosslight.build.roles.protocol import (
    MOVED_UNREAD,
    NOT_ELSEWHERE,
    UNREAD_NOTES,
    Author,
    ControlWish,
    Eyes,
    Guard,
    HarmlessText,
    Imagined,
    Reading,
    Responder,
    Roles,
    Subject,
    There,
)

__all__ = [
    "MOVED_UNREAD",
    "NOT_ELSEWHERE",
    "UNREAD_NOTES",
    "Author",
    "ControlWish",
    "Eyes",
    "Guard",
    "HarmlessText",
    "Imagined",
    "Reading",
    "Responder",
    "Roles",
    "Subject",
    "There",
    "roles_for",
]
