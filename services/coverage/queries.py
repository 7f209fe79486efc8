"""The named queries of `queries.sql`, and those of `rebuild.sql` that only an administrator's connection may run."""

from pathlib import Path

from shared.database import Queries

queries = Queries.load(Path(__file__).with_suffix(".sql"))
rebuild_queries = Queries.load(Path(__file__).with_name("rebuild.sql"))
