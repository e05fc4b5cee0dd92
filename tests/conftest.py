"""What the tests share: one embedded PostgreSQL, one vLLM engine with the shipped model."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Before anything imports vLLM, torch or Prefect: their own defaults are made for servers.
os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")

from generation import channels, judgement, readability, scoring, stages
from generation.engine import Engine, EngineOptions
from generation.kinds import measures
from generation.ledger import lexicon, policies
from generation.reading import content
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


@pytest.fixture
def edit_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], None]]:
    """Puts other words into a file of templates/, or into a new one, as an upgrade would; undone after the test."""
    original, own = Path(channels.__file__).parents[1] / "templates", tmp_path / "templates"
    shutil.copytree(original, own, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "templates", raising=False)
    cached = (
        channels.channel_names, channels.load_channel, policies.packs, policies.policy, lexicon.lexicon, scoring.rules,
        judgement.judgement, readability.bands, readability.familiar, readability.traits_of, readability._traits,
        channels.wording, stages.stages, content.words_of_kinds, content.patterns, content.content_of,
        measures._measures,
    )  # fmt: skip

    def forget() -> None:
        for function in cached:
            function.cache_clear()

    def edit(file: str, old: str, new: str) -> None:
        text = (own / file).read_text("utf-8") if (own / file).exists() else ""
        assert old in text
        (own / file).write_text(text.replace(old, new), "utf-8")
        forget()

    forget()
    yield edit
    sys.modules.pop("templates", None)  # the copy, where the packaged one had not been imported before
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def naughty_strings() -> list[str]:
    """The Big List of Naughty Strings: blns.json of github.com/minimaxir/big-list-of-naughty-strings."""
    path = os.environ.get("NAUGHTY_STRINGS")
    if not path:
        pytest.skip("NAUGHTY_STRINGS names no copy of the Big List of Naughty Strings")
    strings: list[str] = json.loads(Path(path).read_text("utf-8"))
    assert len(strings) > 400
    return strings
