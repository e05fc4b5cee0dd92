"""The channels' hard limits in the database, which lets no copy on offer that breaks one.

What they are comes from ``templates/channels`` through the caller; the counting is SQL, in migration 0005.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import text

from sql.database import Database


@dataclass(frozen=True, slots=True)
class Limit:
    """How many lines a channel's field takes and how long each may be; ``field`` None: all lines together."""

    channel: str
    place: int  # its order within the channel
    field: str | None
    minimum: int
    maximum: int | None
    counter: str
    hard_limit: int | None


_COLUMNS = tuple(Limit.__dataclass_fields__)


def keep_limits(database: Database, limits: Sequence[Limit]) -> None:
    """Make these the limits that the database holds copy to; a table that has them already isn't written."""
    names = ", ".join(_COLUMNS)
    with database.begin() as connection:
        connection.exec_driver_sql("lock table channel_limits in share row exclusive mode")
        kept = {tuple(row) for row in connection.exec_driver_sql(f"select {names} from channel_limits")}
        if kept == {astuple(limit) for limit in limits}:
            return
        connection.exec_driver_sql("delete from channel_limits")
        connection.execute(
            text(f"insert into channel_limits ({names}) values ({', '.join(f':{name}' for name in _COLUMNS)})"),
            [dict(zip(_COLUMNS, astuple(limit), strict=True)) for limit in limits],
        )
