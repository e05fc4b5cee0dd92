"""Settings: read from the environment and a .env file, and refused in one line that names the variable."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.settings import Settings, SettingsError, load_settings
from generation.engine import SHIPPED_MODEL


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No COPYDESK_* variable, no .env file and nothing remembered."""
    for name in [name for name in os.environ if name.upper().startswith("COPYDESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEGMENT_FLOOR", "5"), ("SEGMENT_FLOOR", "many"), ("MAX_MODEL_LEN", "1"), ("MAX_MODEL_LEN", "2k"),
        ("MAX_NUM_SEQS", "0"), ("KV_CACHE_GIB", "0"), ("KV_CACHE_GIB", "2GB"), ("GPU_MEMORY_UTILIZATION", "1.5"),
        ("TENSOR_PARALLEL_SIZE", "0"), ("SAVE_EVERY", "-1"), ("REVIEW_PORT", "99999"), ("REVIEW_PORT", "http"),
        ("DTYPE", "float8"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"COPYDESK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert re.fullmatch(rf"COPYDESK_{name}: [A-Z][^\n]+", str(caught.value))


def test_two_wrong_values_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_SAVE_EVERY", "0")
    monkeypatch.setenv("COPYDESK_REVIEW_PORT", "0")
    with pytest.raises(SettingsError, match=r"^COPYDESK_SAVE_EVERY: [^\n]+; COPYDESK_REVIEW_PORT: [^\n]+$"):
        load_settings()


def test_a_wrong_value_is_not_repeated_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_REVIEW_PORT", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_nothing_set_is_enough(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.url is None
    assert settings.model == str(SHIPPED_MODEL)
    assert settings.segment_floor == 100
    assert settings.review_host == "127.0.0.1"
    assert settings.data_folder.is_absolute()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_DATABASE_URL", "")
    monkeypatch.setenv("COPYDESK_MAX_NUM_SEQS", "")
    assert load_settings().url is None
    assert load_settings().max_num_seqs is None


def test_a_password_is_shown_to_nobody_but_who_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_DATABASE_URL", "postgresql://me:hunter2@db/shop")
    settings = load_settings()
    assert "hunter2" not in f"{settings} {settings!r} {settings.model_dump()}"
    assert settings.url == "postgresql://me:hunter2@db/shop"


def test_a_variable_of_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COPYDESK_SAVE_EVERY=10\nCOPYDESK_DTYPE=float32\nOTHER=1\n")
    monkeypatch.setenv("COPYDESK_SAVE_EVERY", "20")
    assert (load_settings().save_every, load_settings().dtype) == (20, "float32")


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_FOLDER", "TEMPLATES", "MODEL"):
        monkeypatch.setenv(f"COPYDESK_{name}", "~/copydesk")
    settings, home = load_settings(), Path("~/copydesk").expanduser()
    assert settings.data_folder == settings.templates == home
    assert settings.engine_options.model == str(home)


def test_a_hugging_face_name_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_MODEL", "Qwen/Qwen3-4B")
    monkeypatch.setenv("COPYDESK_MODEL_REVISION", "main")
    options = load_settings().engine_options
    assert (options.model, options.revision) == ("Qwen/Qwen3-4B", "main")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_variable_is_described_in_one_line(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert "\n" not in description
    assert not description.endswith(".")


def test_a_mistyped_name_is_refused_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_MODLE", "x")
    with pytest.raises(SettingsError, match=r"^COPYDESK_MODLE is no setting; did you mean COPYDESK_MODEL\?$"):
        load_settings()
