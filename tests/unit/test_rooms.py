"""The house's one way: which room may import which, and who alone may know a heavy package."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("flows", "generation", "review", "sql")


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def strangers(room: str, *forbidden: str) -> list[str]:
    """What a room's files import that begins as one of the forbidden does."""
    return [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for module in imports_of(path)
        if any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("generation", ("flows", "sql", "review")),
        ("sql", ("flows", "review")),
        ("review", ("flows", "generation.engine")),
        ("generation/reading", ("generation.ledger", "generation.kinds", "generation.checks", "generation.shape")),
        ("generation/ledger", ("generation.kinds", "generation.checks", "generation.shape", "generation.scoring")),
        ("generation/kinds", ("generation.checks", "generation.scoring")),
    ],
)
def test_a_room_imports_only_what_lies_before_it(room: str, forbidden: tuple[str, ...]) -> None:
    assert strangers(room, *forbidden) == []


@pytest.mark.parametrize(
    ("package", "owners"),
    [
        ("prefect", ("flows/",)),
        ("vllm", ("generation/engine.py",)),
        ("sqlalchemy", ("sql/",)),
        ("psycopg", ("sql/",)),
    ],
)
def test_a_heavy_package_is_known_to_its_owner_alone(package: str, owners: tuple[str, ...]) -> None:
    found = [each for room in ROOMS for each in strangers(room, package)]
    assert found
    assert [each for each in found if not each.startswith(owners)] == []


def test_the_command_starts_without_what_only_some_of_it_needs() -> None:
    heavy = ("alembic", "pandas", "prefect", "sqlalchemy", "torch", "transformers", "vllm")
    program = f"import sys, flows.command; print(*sorted({set(heavy)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
