"""All that is wrong with a row, not only the first: each cell at fault is taken out in turn and the row read again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from services.registration.intake.commands import Command
from services.registration.intake.values import Refusal

MOST: Final = 8
"""So many faults of a row are named."""

STAND_INS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("name", "owner", "person", "title"), "x"),
    **dict.fromkeys(("claim_ref", "participant_no"), "1"),
    **dict.fromkeys(("date", "effective_on", "occurred_on", "from", "held_on"), "1945-01-02"),
    **dict.fromkeys(("amount", "value"), "1"),
    "nik": "3311010101800001",
    "programme": "JKK",
    "programmes": "JKK, JKM, JHT",
    "status": "PROSES",
}
"""By meaning: what takes the place of a cell at fault where an empty one would be at fault too. Never kept."""

Cells = tuple[str, ...]


def all_named(
    first: Refusal, cells: Cells, columns: Mapping[str, int], region: str, read: Callable[[Cells], Command | Refusal]
) -> Refusal:
    """The first refusal with the row's other faults in its detail. `region` stands in for one at fault."""
    stand_ins = {**STAND_INS, "region": region}
    found = [first]
    while len(found) < MOST and (column := columns.get(found[-1].field or "")) is not None:
        meaning = str(found[-1].field)
        cells = _replaced(cells, column, stand_ins.get(meaning, ""))
        if meaning == "region" and "region_code" in columns:
            cells = _replaced(cells, columns["region_code"], "")
        answer = read(cells)
        if not isinstance(answer, Refusal) or answer.field in (fault.field for fault in found):
            break
        found.append(answer)
    others = "".join(f" Also {fault.field} ({fault.code}): {fault.detail}" for fault in found[1:])
    return replace(first, detail=first.detail + others)


def _replaced(cells: Cells, column: int, text: str) -> Cells:
    return (*cells[:column], text, *cells[column + 1 :])
