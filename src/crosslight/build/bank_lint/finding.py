"""What the linter says, and where it says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Level = Literal["must", "should"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a law: where it is, what is wrong, what mends it."""

    file: str
    line: int
    where: str
    level: Level
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {where}{self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Spot:
    """A mapping of a file, with its lines and what it belongs to."""

    file: str
    raw: Mapping[str, Any]
    pattern: str = ""
    case: int = 0
    part: str = ""

    def inside(self, key: str, at: int | None = None, *, part: str = "", case: int = 0) -> "Spot":
        """The mapping under `key` (its entry `at`)."""
        raw = self.raw[key] if at is None else self.raw[key][at]
        return replace(self, raw=raw, part=part or self.part, case=case or self.case)

    def line(self, key: str = "") -> int:
        """Where `key` stands, else where the mapping begins."""
        lines: Mapping[str, int] = getattr(self.raw, "lines", {})
        return lines.get(key, getattr(self.raw, "line", 0))

    def must(self, key: str, what: str, remedy: str) -> Finding:
        """A breach that has to be mended."""
        return self._finding("must", key, what, remedy)

    def should(self, key: str, what: str, remedy: str) -> Finding:
        """What a writer should look at."""
        return self._finding("should", key, what, remedy)

    def _finding(self, level: Level, key: str, what: str, remedy: str) -> Finding:
        case = f"case {self.case}" if self.case else ""
        where = ", ".join(part for part in (self.pattern, case, self.part) if part)
        said = f"`{key}` {what}" if key else what
        return Finding(self.file, self.line(key), where, level, said, remedy)
