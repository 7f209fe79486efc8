"""A dry run lays views over the tables, on which some statements are not possible: no statement of it may be one."""

import re
from pathlib import Path

import services.registration
from services.registration.queries import queries

NOT_IN_A_DRY_RUN = {"quarantine", "request", "source", "intake_deletion", "remembered_reading", "receiving"}
"""Tables that are written when an upload is received, reported or answered, never when its rows are taken."""
OF_A_RECOVERY = {"derive_contacts_again", "take_back_partner", "take_back_key"}
"""Statements of `./payung recover`, which takes no rows."""


def test_what_rows_are_taken_with_adds_or_replaces_by_merge() -> None:
    with_conflict = {name: queries[name] for name in queries if "on conflict" in _code(queries[name])}
    assert set(with_conflict) >= OF_A_RECOVERY
    tables = {
        found
        for name, text in with_conflict.items()
        if name not in OF_A_RECOVERY
        for found in re.findall(r"insert into (\w+)", _code(text))
    }
    assert tables <= NOT_IN_A_DRY_RUN


def test_what_rows_are_taken_with_locks_no_row() -> None:
    """The writer's lock keeps others away; a transaction that may only read cannot lock."""
    locking = {name for name in queries if re.search(r"\bfor (update|share|no key update)\b", _code(queries[name]))}
    rooms = [Path(services.registration.__file__).parent / room for room in ("identity", "records")]
    taking = "\n".join(path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py"))
    used = set(re.findall(r'(?:fetch|execute|is_true|queries)[\(\[]\s*"(\w+)"', taking))
    assert len(used) > 40
    assert used & locking <= {"case_to_decide"}


def _code(text: str) -> str:
    return re.sub(r"--.*", "", text)
