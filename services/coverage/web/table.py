"""The table of a page: a line for each region, in the order that was asked for. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple


class Line(NamedTuple):
    """`change`: of the rate within a month, 0.01 is a point; `claims` of every status; what is not known is None."""

    code: str
    name: str
    listed: int | None
    enrolled: int | None
    rate: float | None
    change: float | None
    workers: int | None
    claims: int | None
    targets: Sequence[Mapping[str, Any]]
    suppressed: bool

    @property
    def target(self) -> Mapping[str, Any] | None:
        """The newest one."""
        return self.targets[0] if self.targets else None


SORTS: Final[Mapping[str, Callable[[Line], Any]]] = {
    "name": lambda line: line.name,
    "listed": lambda line: line.listed,
    "enrolled": lambda line: line.enrolled,
    "rate": lambda line: line.rate,
    "change": lambda line: line.change,
    "workers": lambda line: line.workers,
    "claims": lambda line: line.claims,
    "target": lambda line: line.target and line.target["rate"],
}
HEADER: Final = (
    "region", "name", "listed", "enrolled", "rate", "rate_change", "workers", "claims",
    "target", "progress", "as_of", "known_at", "suppressed",
)  # fmt: skip


def lines(
    now: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    claims: Mapping[str, int | None],
) -> list[Line]:
    """A line for each region of `now`, all by region."""
    return [
        Line(
            code,
            row["name"],
            row["listed"],
            row["enrolled"],
            row["rate"],
            change(row, before.get(code)),
            row["workers"]["enrolled"],
            claims.get(code),
            row["targets"],
            bool(row.get("suppressed")),
        )
        for code, row in now.items()
    ]


def change(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> float | None:
    """How much the rate grew; None where one of both is not known."""
    if before is None or now["rate"] is None or before["rate"] is None:
        return None
    return float(now["rate"] - before["rate"])


def ordered(found: Iterable[Line], sort: str) -> list[Line]:
    """By a name of `SORTS`, backwards after a `-`; what is not known comes last. As they are for an empty text."""
    if not sort:
        return list(found)
    key = SORTS[sort.removeprefix("-")]
    known = [line for line in found if key(line) is not None]
    unknown = [line for line in found if key(line) is None]
    return sorted(known, key=key, reverse=sort.startswith("-")) + unknown


def toggled(sort: str, name: str) -> str:
    """What a click on a column's heading asks for: the largest first, names from A; again, the other way round."""
    first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
    return second if sort == first else first


def cells(found: Iterable[Line], as_of: str, known_at: str) -> list[list[Any]]:
    """The lines under `HEADER`."""
    return [
        [
            *line[:8],
            *((line.target["value"], line.target["progress"]) if line.target else (None, None)),
            as_of,
            known_at,
            "true" if line.suppressed else None,
        ]
        for line in found
    ]
