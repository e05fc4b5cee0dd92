"""README says what the code does: its settings, its commands, its map."""

import re
from pathlib import Path

import pytest

from flows.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def settings_rows() -> list[str]:
    """One table row for each setting, as README has them."""
    shown = {"data_folder": "`~/.local/share/copydesk`", "model": "the shipped model"}
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `COPYDESK_{name.upper()}` | {shown.get(name, default)} | {meaning} |")
    return rows


@pytest.mark.parametrize("row", settings_rows())
def test_every_setting_is_listed_with_its_default_and_meaning(row: str) -> None:
    assert row in README


def test_no_setting_is_listed_that_does_not_exist() -> None:
    known = {f"COPYDESK_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"COPYDESK_[A-Z_]+", README)) <= known


def test_the_map_names_every_room_and_every_module_of_flows_generation_and_sql() -> None:
    tree = README.split("## The house")[1].split("```")[1]
    for room in ("flows", "generation", "sql"):
        for module in (ROOT / room).glob("**/[a-z]*.py" if room == "generation" else "[a-z]*.py"):
            assert re.search(rf"\b{module.name}\b", tree), f"{room}/{module.name} is not on the map"


def test_what_it_is_the_two_commands_and_what_you_will_see_stand_in_the_first_thirty_lines() -> None:
    head = "\n".join(README.splitlines()[:30])
    for wanted in ("make demo", "make test", "copydesk status", "copydesk serve"):
        assert wanted in head


def test_the_map_names_only_what_is_there() -> None:
    tree = README.split("## The house")[1].split("```")[1]
    room = folder = ""
    for line in tree.splitlines():
        if match := re.match(r"(\w+)/", line):
            room = match[1]
        if match := re.match(r"  ([\w.]+/?)", line):
            folder = match[1] if match[1].endswith("/") else ""
            assert (ROOT / room / match[1]).exists(), f"{room}/{match[1]}"
        if match := re.match(r"    ([\w.]+)  ", line):
            assert (ROOT / room / folder / match[1]).exists(), f"{room}/{folder}{match[1]}"
