"""The named queries of agents and their tasks."""

from pathlib import Path

from shared.database import Queries

queries = Queries.load(Path(__file__).with_suffix(".sql"))
