"""A row's numbers as its agency sent them. The columns may hold more: what an id took over from the rows of others.

Rows from before the numbers were sealed have only the columns.
"""

from typing import Any

import asyncpg


def nib_as_sent(row: asyncpg.Record, sealed: dict[str, Any]) -> str | None:
    if "nib" in sealed:
        return str(sealed["nib"]) if sealed["nib"] else None
    return f"{row['nib']:013d}" if row["nib"] is not None else None


def nik_koperasi_as_sent(row: asyncpg.Record, sealed: dict[str, Any]) -> str | None:
    found: str | None = sealed["nik_koperasi"] if "nik_koperasi" in sealed else row["nik_koperasi"]
    return found
