"""The named queries of `queries.sql`."""

from pathlib import Path

from shared.database import Queries

queries = Queries.load(Path(__file__).with_suffix(".sql"))
