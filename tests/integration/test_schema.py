"""Migrations up and down, and the rules that the tables' own constraints keep. Nothing here goes through the plan."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from sql.database import Database, DatabaseUnavailable, downgrade, migrate, open_database, require_schema

_OBJECTS = """
select relkind::text || ' ' || relname as object from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S', 'm')
union all
select 'f ' || proname from pg_proc where pronamespace = 'public'::regnamespace
 order by 1
"""


@pytest.fixture
def bare(server: Database, data_folder: Path) -> Iterator[Database]:
    """A database of its own, without copydesk's tables."""
    with server.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("create database bare")
    url = server.engine.url.set(database="bare").render_as_string(hide_password=False)
    with open_database(url, data_folder) as database:
        yield database
    with server.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("drop database bare")


def objects(database: Database) -> list[str]:
    with database.begin() as connection:
        return list(connection.exec_driver_sql(_OBJECTS).scalars())


def execute(database: Database, statement: str, **values: Any) -> Any:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return result.scalar() if result.returns_rows else None


# Migrations


def test_the_schema_goes_up_down_and_up_again_and_leaves_nothing(bare: Database) -> None:
    migrate(bare)
    first = objects(bare)
    execute(bare, "insert into products (id, title) values ('p', 'Mug')")
    downgrade(bare)
    assert objects(bare) == []
    migrate(bare)
    assert objects(bare) == first
    assert execute(bare, "select count(*) from products") == 0


def test_each_revision_can_be_taken_back_and_applied_again(bare: Database) -> None:
    migrate(bare)
    whole = objects(bare)
    for revision in ("0001", "head", "-1", "head"):
        if revision in ("0001", "-1"):
            downgrade(bare, revision)
        else:
            migrate(bare, revision)
    assert objects(bare) == whole
    require_schema(bare)


def test_what_an_analyst_built_upon_the_report_stays_through_an_upgrade(bare: Database) -> None:
    migrate(bare, "0002")
    execute(bare, "create view of_an_analyst as select * from run_report")
    execute(bare, "insert into runs (status, generated) values ('planning', 3)")
    migrate(bare)
    assert execute(bare, "select generated + rejudged from run_report") == 3
    assert execute(bare, "select generated from of_an_analyst") == 3


def test_migrating_again_changes_nothing_and_keeps_the_rows(database: Database) -> None:
    execute(database, "insert into products (id, title) values ('p', 'Mug')")
    before = objects(database)
    migrate(database)
    assert objects(database) == before
    assert execute(database, "select title from products") == "Mug"


def test_two_processes_that_migrate_at_once_take_turns(bare: Database) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            migrate(bare)
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    require_schema(bare)


def test_a_missing_or_older_schema_is_told_what_to_run(bare: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="has no copydesk tables: run `copydesk init`"):
        require_schema(bare)
    migrate(bare, "0001")
    with pytest.raises(DatabaseUnavailable, match=r"has schema 0001, this version needs .*: run `copydesk init`"):
        require_schema(bare)


def test_a_schema_of_a_later_version_is_not_migrated(database: Database) -> None:
    current = execute(database, "select version_num from copydesk_schema")
    execute(database, "update copydesk_schema set version_num = '9999'")
    for action in (migrate, require_schema):
        with pytest.raises(DatabaseUnavailable, match="schema 9999, which this version doesn't know: update copydesk"):
            action(database)
    execute(database, "update copydesk_schema set version_num = :v", v=current)


def test_the_tables_of_others_are_left_alone(bare: Database) -> None:
    execute(bare, "create table alembic_version (version_num text primary key)")
    execute(bare, "insert into alembic_version values ('theirs')")
    execute(bare, "create table orders (id int)")
    theirs = objects(bare)
    migrate(bare)
    require_schema(bare)
    downgrade(bare)
    assert objects(bare) == theirs
    assert execute(bare, "select version_num from alembic_version") == "theirs"


def test_a_table_that_stands_in_the_way_is_named_and_nothing_is_created(bare: Database) -> None:
    execute(bare, "create table products (sku int)")
    with pytest.raises(DatabaseUnavailable, match=r'"products" already exists; give copydesk a database of its own'):
        migrate(bare)
    assert objects(bare) == ["r products"]


def test_a_schema_of_its_own_beside_the_tables_of_others_works(bare: Database, data_folder: Path) -> None:
    execute(bare, "create table products (sku int)")
    execute(bare, "create schema copydesk")
    url = bare.engine.url.update_query_dict({"options": "-csearch_path=copydesk"}).render_as_string(hide_password=False)
    with open_database(url, data_folder) as own:
        migrate(own)
        require_schema(own)
        execute(own, "insert into products (id, title) values ('p', 'Mug')")
        downgrade(own)
    assert objects(bare) == ["r products"]


def test_tables_that_somebody_built_upon_are_not_dropped(bare: Database) -> None:
    migrate(bare)
    execute(bare, "create view of_an_analyst as select id from copies")
    before = objects(bare)
    with pytest.raises(DBAPIError, match="of_an_analyst depends on table copies"):
        downgrade(bare)
    assert objects(bare) == before


# Constraints

ROWS: dict[str, dict[str, Any]] = {
    "products": {"id": "p", "title": "Mug"},
    "segments": {"id": "s", "name": "Hikers", "size": 100},
    "campaigns": {"name": "Spring", "channels": ["push"], "locales": ["en-US"]},
    "runs": {"status": "planning"},
    "briefs": {"campaign_id": 1, "product_id": "p", "segment_id": "s", "channel": "push", "locale": "en-US",
               "content_key": "k", "seed": 1, "run_id": 1, "status": "pending"},
    "copies": {"brief_id": 1, "run_id": 1, "attempt": 0, "variant": 0, "fields": '{"title": ["Mugs"]}', "raw_text": "x",
               "output_tokens": 3},
    "reviews": {"copy_id": 1, "reviewer": "Ana", "decision": "approve"},
}  # fmt: skip
NEXT: dict[str, dict[str, Any]] = {"products": {"id": "q"}, "segments": {"id": "t"}, "campaigns": {"name": "Autumn"},
        "briefs": {"content_key": "k2"}, "copies": {"variant": 1}}  # fmt: skip


def insert(database: Database, table: str, **changes: Any) -> None:
    values = {**ROWS[table], **changes}
    names = ", ".join(values)
    execute(database, f"insert into {table} ({names}) values ({', '.join(f':{name}' for name in values)})", **values)


@pytest.fixture
def filled(database: Database) -> Database:
    """One row of everything."""
    for table in ROWS:
        insert(database, table)
    return database


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("products", {"id": ""}),
        ("products", {"id": "i" * 201}),
        ("products", {"title": ""}),
        ("products", {"price": 5}),
        ("products", {"currency": "EUR"}),
        ("products", {"price": 5, "currency": "eur"}),
        ("products", {"price": -1, "currency": "EUR"}),
        ("products", {"price": "NaN", "currency": "EUR"}),
        ("products", {"price": "Infinity", "currency": "EUR"}),
        ("products", {"attributes": "[]"}),
        ("segments", {"size": 19}),
        ("segments", {"size": None}),
        ("segments", {"name": ""}),
        ("campaigns", {"channels": []}),
        ("campaigns", {"locales": []}),
        ("campaigns", {"variants": 0}),
        ("campaigns", {"variants": 17}),
        ("runs", {"status": "completed"}),
        ("runs", {"status": "crashed"}),
        ("runs", {"status": "done"}),
        ("runs", {"finished_at": "2026-01-01"}),
        ("runs", {"status": "completed", "finished_at": "2026-01-01", "planned": 2, "generated": 1}),
        ("runs", {"status": "completed", "finished_at": "2026-01-01", "planned": 0, "skipped": 1}),
        ("runs", {"planned": -1}),
        ("briefs", {"content_key": "k"}),
        ("briefs", {"status": "failed"}),
        ("briefs", {"status": "skipped"}),
        ("briefs", {"reason": "a reason for nothing"}),
        ("briefs", {"status": "done"}),
        ("briefs", {"attempts": 2}),
        ("copies", {"variant": 0}),
        ("copies", {"gate": "length"}),
        ("copies", {"gate": "length", "status": "rejected"}),
        ("copies", {"gate": "length", "reason": "too long", "status": "approved"}),
        ("copies", {"gate": "length", "reason": "too long", "status": "candidate"}),
        ("copies", {"fields": "{}"}),
        ("copies", {"score": 100.1}),
        ("copies", {"score": float("nan")}),
        ("copies", {"status": "lovely"}),
        ("reviews", {"reviewer": ""}),
        ("reviews", {"decision": "edit"}),
        ("reviews", {"fields": '{"title": ["Cups"]}'}),
        ("reviews", {"decision": "edit", "fields": '{"title": [""]}'}),
        ("reviews", {"decision": "shrug"}),
    ],
)  # fmt: skip
def test_a_row_that_breaks_a_rule_is_refused(filled: Database, table: str, changes: dict[str, Any]) -> None:
    with pytest.raises((IntegrityError, DataError)):
        insert(filled, table, **{**NEXT.get(table, {}), **changes})


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("products", {"id": "i" * 200, "price": 0, "currency": "EUR"}),
        ("segments", {"id": "new", "size": 20}),
        ("runs", {"status": "completed", "finished_at": "2026-01-01", "planned": 10, "reused": 4, "generated": 3,
                        "failed": 2, "skipped": 1}),
        ("runs", {"status": "crashed", "finished_at": "2026-01-01", "planned": 10}),
        ("briefs", {"status": "failed", "reason": "no draft passed"}),
        ("copies", {"gate": "parse", "reason": "empty", "status": "rejected", "fields": "{}"}),
        ("copies", {"status": "selected", "score": 100}),
        ("reviews", {"decision": "edit", "fields": '{"title": ["Cups"]}'}),
        ("reviews", {"decision": "reject", "note": "dull"}),
    ],
)  # fmt: skip
def test_a_row_at_the_edge_of_a_rule_is_kept(filled: Database, table: str, changes: dict[str, Any]) -> None:
    insert(filled, table, **{**NEXT.get(table, {}), **changes})


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ('{"title": ["a", "b"], "body": ["c"]}', True),
        ('{"title": ["烧水壶 🫖"]}', True),
        ("[]", False),
        ('["a"]', False),
        ('"a"', False),
        ("3", False),
        ("null", False),
        ('{"title": "a"}', False),
        ('{"title": null}', False),
        ('{"title": {"a": ["b"]}}', False),
        ('{"title": [""]}', False),
        ('{"title": ["a", ""]}', False),
        ('{"title": [1]}', False),
        ('{"title": [null]}', False),
        ('{"title": [true]}', False),
        ('{"title": [["a"]]}', False),
        ('{"title": ["a", ["b"]]}', False),
        ('{"title": [[]]}', False),
        ('{"title": [{"a": "b"}]}', False),
        ('{"title": ["a"], "body": 7}', False),
    ],
)
def test_fields_are_an_object_of_arrays_of_words(database: Database, fields: str, valid: bool) -> None:
    assert execute(database, "select fields_are_valid(cast(:f as jsonb))", f=fields) is valid


@pytest.mark.parametrize("second", ["selected", "approved", "edited", "exported"])
def test_a_brief_has_one_chosen_copy(filled: Database, second: str) -> None:
    execute(filled, "update copies set status = 'approved'")
    with pytest.raises(IntegrityError, match="one_selected_copy_a_brief"):
        insert(filled, "copies", variant=1, status=second)
    insert(filled, "copies", variant=1, status="candidate")


def test_a_gated_copy_cannot_be_approved_later(filled: Database) -> None:
    execute(filled, "update copies set gate = 'length', reason = 'too long', status = 'rejected'")
    for status in ("candidate", "selected", "approved", "edited", "exported"):
        with pytest.raises(IntegrityError, match="a_failed_copy_is_never_approved"):
            execute(filled, "update copies set status = :s", s=status)
