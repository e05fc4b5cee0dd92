"""What the tests share: one embedded PostgreSQL, one vLLM engine with the shipped model."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports vLLM, torch or Prefect: their own defaults are made for servers.
os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")

from generation.engine import Engine, EngineOptions
from sql.database import Database, downgrade, migrate, open_database


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The shipped model, loaded once."""
    with Engine(EngineOptions(kv_cache_gib=1)) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this session's embedded PostgreSQL and Prefect keep their files."""
    return tmp_path_factory.mktemp("copydesk")


@pytest.fixture(scope="session")
def server(data_folder: Path) -> Iterator[Database]:
    """A real PostgreSQL, started once."""
    with open_database(None, data_folder) as database:
        yield database


@pytest.fixture
def database(server: Database) -> Iterator[Database]:
    """The migrated schema, empty."""
    migrate(server)
    yield server
    downgrade(server)


@pytest.fixture(scope="session")
def naughty_strings() -> list[str]:
    """The Big List of Naughty Strings: blns.json of github.com/minimaxir/big-list-of-naughty-strings."""
    path = os.environ.get("NAUGHTY_STRINGS")
    if not path:
        pytest.skip("NAUGHTY_STRINGS names no copy of the Big List of Naughty Strings")
    strings: list[str] = json.loads(Path(path).read_text("utf-8"))
    assert len(strings) > 400
    return strings
