"""The set-based statements, each in a file that an analyst can read."""

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """The statement in ``sql/queries/<name>.sql``."""
    return (files("sql") / "queries" / f"{name}.sql").read_text("utf-8")
