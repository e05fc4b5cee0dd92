"""`copydesk load` of promotions, evidence and campaigns that name them: what is kept, and a line for what is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner, Result

from flows.command import init
from flows.load_commands import load
from flows.settings import load_settings
from sql.catalogue import read_campaign
from sql.database import Database

Load = Callable[..., Result]


@pytest.fixture
def command(database: Database, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """The command, on the same database."""
    monkeypatch.setenv("COPYDESK_DATA_FOLDER", str(data_folder))
    monkeypatch.delenv("COPYDESK_DATABASE_URL", raising=False)
    load_settings.cache_clear()
    app = typer.Typer()
    app.command()(load)
    app.command()(init)
    yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    load_settings.cache_clear()


def count(database: Database, table: str) -> int:
    with database.begin() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def test_promotions_are_loaded_and_each_refused_one_has_its_line(
    command: Load, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "promotions.yaml"
    file.write_text("- {id: a, terms: A gift}\n- {id: b, terms: x, ends: soon}\n- {id: c, terms: x, end: 2026-01-01}\n")
    done = command("load", file)
    assert done.exit_code == 0
    assert done.stdout == "promotions: 1 new, 0 changed, 0 unchanged, 2 refused\n"
    assert "refused: line 2: b: ends 'soon' is no day written as 2026-11-30" in done.stderr
    assert "refused: line 3: c: there is no column 'end'" in done.stderr
    file.write_text("- {id: a, terms: Two gifts}\n- {id: d, terms: x}\n")
    assert command("load", file).stdout == "promotions: 1 new, 1 changed, 0 unchanged, 0 refused\n"
    assert command("load", file).stdout == "promotions: 0 new, 0 changed, 2 unchanged, 0 refused\n"
    assert count(database, "promotions") == 2


def test_a_product_whose_row_is_refused_now_is_said_to_stay_as_it_was(
    command: Load, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("id,title,price\nmug,Mug,9 USD\ncup,Cup,8 USD\n")
    assert "stored already" not in command("load", file).stderr
    with database.begin() as connection:
        connection.exec_driver_sql("update products set updated_at = '2026-11-20 12:00+00'")
    file.write_text("id,title,price\nmug,,7 USD\nnew,,1 USD\ncup,Cup,6 USD\n")
    done = command("load", file)
    assert (done.exit_code, done.stdout) == (0, "products: 0 new, 1 changed, 0 unchanged, 2 refused\n")
    assert "  1 of the refused are stored already and kept as loaded on: mug (2026-11-20)\n" in done.stderr
    with database.begin() as connection:
        assert connection.exec_driver_sql("select price from products where id = 'mug'").scalar_one() == 9


def test_evidence_is_loaded_from_a_table(command: Load, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "evidence.csv"
    file.write_text("id,kind,statement,source,brand\ngots,certification,GOTS certified,No. 4711,Pellwick\nb,test,,,\n")
    done = command("load", file)
    assert (done.exit_code, done.stdout) == (0, "evidence: 1 new, 0 changed, 0 unchanged, 1 refused\n")
    assert "refused: line 3: b: no statement" in done.stderr
    assert count(database, "claim_evidence") == 1


def test_what_customers_ask_and_write_is_loaded_without_their_data(
    command: Load, database: Database, tmp_path: Path
) -> None:
    questions, reviews, pairs = (tmp_path / f"{name}.csv" for name in ("questions", "reviews", "pairs"))
    questions.write_text("product,question,email\nmug,Is it blue?,ann@mail.example\nmug,,x\ncup,Call 415-555-2671,y\n")
    done = command("load", questions)
    assert (done.exit_code, done.stdout) == (0, "questions: 1 new, 0 changed, 0 unchanged, 2 refused\n")
    assert "refused: line 3: no question" in done.stderr
    assert "refused: line 4: it holds personal data or orders for a model and nothing else" in done.stderr
    reviews.write_text(
        "product,text,written,rating,name\nmug,Very good. Mail ann@mail.example,2026-01-02,5,Ann Lee\n"
        "mug,It broke,soon,1,Bo\nmug,Fine,2026-01-03,,Cy\n"
    )
    done = command("load", reviews)
    assert (done.exit_code, done.stdout) == (0, "customer reviews: 2 new, 0 changed, 0 unchanged, 1 refused\n")
    assert "refused: line 3: written 'soon' is no day" in done.stderr
    assert "taken out of" in done.stderr
    assert command("load", reviews).stdout == "customer reviews: 0 new, 0 changed, 2 unchanged, 1 refused\n"
    pairs.write_text("id,product,other\na,mug,cup\nb,cup,mug\nc,mug,cup\n")
    done = command("load", pairs)
    assert (done.exit_code, done.stdout) == (0, "comparisons: 2 new, 0 changed, 0 unchanged, 1 refused\n")
    assert "refused: c: duplicate key value violates unique constraint" in done.stderr
    with database.begin() as connection:
        kept = connection.exec_driver_sql("select text, rating from customer_reviews order by written").all()
        everything = str(connection.exec_driver_sql("select * from customer_reviews, customer_questions").all())
    assert [tuple(row) for row in kept] == [("Very good.", 5), ("Fine", None)]
    assert not any(private in everything for private in ("ann@", "Ann", "Bo", "Cy", "415"))


CAMPAIGN = "name: Spring\nchannels: [push]\nlocales: [en-US]\n"


def test_a_campaign_names_a_promotion_that_has_been_loaded(command: Load, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.yaml"
    file.write_text(CAMPAIGN + "promotion: spring-10\noffer: A tenth off\nmarket: uk\n")
    refused = command("load", file)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "copydesk: campaign 'Spring': there is no promotion 'spring-10'; load it first, with"
        " `copydesk load promotions.yaml`\n"
    )
    promotions = tmp_path / "promotions.csv"
    promotions.write_text("id,terms,percent\nspring-10,10% off,10\n")
    assert command("load", promotions).exit_code == 0
    done = command("load", file)
    assert (done.exit_code, done.stderr) == (0, "")
    spec = read_campaign(database, "Spring")
    assert (spec.promotion_id, spec.offer_told, spec.market) == ("spring-10", "A tenth off", "uk")


def test_an_offer_without_a_promotion_is_loaded_with_a_word_on_what_becomes_of_it(
    command: Load, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "campaigns.yaml"
    file.write_text(CAMPAIGN + "offer: Half price\n")
    done = command("load", file)
    assert (done.exit_code, done.stdout) == (0, "campaigns: 1 loaded: Spring\n")
    assert "note: Spring: no promotion stands behind its offer, so no copy tells of it" in done.stderr
    assert read_campaign(database, "Spring").as_record().offer is None


@pytest.mark.parametrize("option", [("--currency", "EUR"), ("--map", "title=name"), ("--format", "csv")])
def test_options_of_products_are_refused_for_what_is_none(
    command: Load, tmp_path: Path, option: tuple[str, str]
) -> None:
    file = tmp_path / "promotions.yaml"
    file.write_text("- {id: a, terms: A gift}\n")
    done = command("load", file, *option)
    assert done.exit_code == 2
    assert "--map, --format and --currency are for products" in done.stderr


def test_init_puts_the_channels_limits_into_the_database(command: Load, database: Database) -> None:
    assert command("init").exit_code == 0
    with database.begin() as connection:
        kept = connection.exec_driver_sql(
            "select minimum, maximum, counter, hard_limit from channel_limits"
            " where channel = 'google_rsa' and field = 'headline'"
        ).one()
    assert tuple(kept) == (3, 15, "google_width", 30)
