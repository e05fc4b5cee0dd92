"""Nobody's data in tables or on the screen, and an audit: the commands as their user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sql.database import open_database

COMMAND = Path(sys.executable).with_name("copydesk")
JARS = "Four jars. For wholesale call Mr. Wang at 13800138000, bamboo lids."
CATALOGUE = f"""id,title,brand,description,price,currency,attributes
jar,Storage Jars,Pellwick,"{JARS}",32.00,USD,Material: glass; Contact: wang@supplier.example.com
stool,Oak Stool,Nordhem,A round seat.,49.90,USD,Height: 45 cm; Sold by 212-736-5000
phone,13800138000,Nordhem,A round seat.,49.90,USD,
wang@supplier.example.com,Pine Stool,Nordhem,A round seat.,39.90,USD,
"""
SEGMENTS = """id,name,interests,email,gender,size
cooks,Keen home cooks,cooking,someone@x.example,f,900
sarah,Regulars,"tea; call 212-736-5000",,,900
debt,People in debt,thrift,,,900
"""
DATA = ("13800138000", "Mr. Wang", "Wang", "wang@supplier", "212-736-5000", "someone@x.example")


def copydesk(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK", "PREFECT"))}
    environment |= {"COPYDESK_DATA_FOLDER": str(folder), "COPYDESK_KV_CACHE_GIB": "1"}
    return subprocess.run(
        [COMMAND, *arguments], env=environment, cwd=folder, capture_output=True, text=True, timeout=600
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with tables and two files beside them."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "catalogue.csv").write_text(CATALOGUE, "utf-8")
    (folder / "segments.csv").write_text(SEGMENTS, "utf-8")
    assert copydesk(folder, "init").returncode == 0
    return folder


def tables(folder: Path) -> str:
    """All that products and segments hold, as text."""
    with open_database(None, folder) as database, database.begin() as connection:
        return " ".join(
            str(tuple(row))
            for table in ("products", "segments")
            for row in connection.exec_driver_sql(f"select * from {table} order by id")
        )


def test_personal_data_in_files_reaches_neither_a_table_nor_the_screen(shop: Path) -> None:
    loaded = copydesk(shop, "load", "catalogue.csv")
    assert loaded.returncode == 0, loaded.stderr
    assert "products: 2 new, 0 changed, 0 unchanged, 2 refused" in loaded.stdout
    assert "personal data taken out of jar: name in the description, phone in the description" in loaded.stderr
    assert "refused: phone: its title holds personal data and nothing else" in loaded.stderr
    assert "refused: [email]: its id holds somebody's email" in loaded.stderr
    segments = copydesk(shop, "segments", "segments.csv")
    assert segments.returncode == 0, segments.stderr
    assert "segments: 1 new, 0 changed, 0 unchanged, 2 refused" in segments.stdout
    assert "left out: email, gender; of a segment only" in segments.stderr
    assert "refused: sarah: its words hold somebody's phone" in segments.stderr
    assert "says something of people's hardship" in segments.stderr
    kept = tables(shop)
    assert "bamboo lids" in kept
    assert "Keen home cooks" in kept
    for data in DATA:
        assert data not in kept + loaded.stdout + loaded.stderr + segments.stdout + segments.stderr


def purchases(category: str) -> str:
    """A group of regulars who all buy the same."""
    days = ("2026-05-03", "2026-06-03", "2026-07-03")
    lines = [f"c{customer},{day},12.50,{category}" for customer in range(130) for day in days]
    return "\n".join(("customer_id,date,amount,category", *lines))


def test_a_group_that_is_computed_no_more_is_told_with_the_size_that_stays(tmp_path: Path) -> None:
    assert copydesk(tmp_path, "init").returncode == 0
    for category in ("coffee", "tea"):
        (tmp_path / "purchases.csv").write_text(purchases(category), "utf-8")
        done = copydesk(tmp_path, "segments", "purchases.csv", "--purchases")
        assert done.returncode == 0, done.stderr
        note = "computed earlier and no group now, their rows stay with their former sizes: buyers-coffee (130)"
        assert (note in done.stderr) is (category == "tea")
    assert "buyers-coffee" in tables(tmp_path)


def test_an_audit_ends_with_its_files_and_leaves_the_database_as_it_was(shop: Path) -> None:
    before = tables(shop)
    done = copydesk(
        shop, "audit", "--products", "8", "--variants", "1", "--attribute", "gender", "--out", "audit", "--json"
    )
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["offers_equal"] is (done.returncode == 0)
    assert {one["attribute"] for one in told["differences"]} == {"gender"}
    assert "8 products are few" in done.stderr
    assert {path.name for path in (shop / "audit").iterdir()} == {"audit.json", "audit.csv", "audit.png"}
    assert tables(shop) == before
    with open_database(None, shop) as database, database.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from copies").scalar_one() == 0


def test_an_unknown_attribute_ends_with_one_line(shop: Path) -> None:
    done = copydesk(shop, "audit", "--attribute", "shoe size")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("copydesk: no attribute 'shoe size'; there are control, gender")
