"""Promotions and claim evidence from files: what is read, what is refused with its line, which of them a file is."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.records import Evidence, Promotion
from sql.feeds import lists
from sql.feeds.evidence import EvidenceSpec, read_evidence
from sql.feeds.lines import FeedError, RefusedRow
from sql.feeds.lists import list_kind
from sql.feeds.promotions import PromotionSpec, read_promotions

SAMPLES = Path(lists.__file__).parents[1] / "samples"
PROMOTIONS = """
- id: spring-10
  terms: 10% off all teapots
  percent: 10
  starts: 2026-03-01
  ends: 2026-03-31
  limited_stock: true
  product_filter: {categories: [Teapots], brands: [Pellwick], ids: [p1], title_contains: pot}
- id: ship
  terms: Free shipping
  kind: free_shipping
- id: five
  terms: "5 € off"
  kind: amount_off
  amount: 5
  currency: EUR
"""
PROMOTIONS_CSV = """ID,Terms,Kind,Percent,Amount,Currency,Starts,Ends,Limited stock,Product IDs,Categories,Brands,\
Title contains
spring-10,10% off all teapots,,10%,,,2026-03-01,2026-03-31,yes,p1,Teapots,Pellwick,pot
ship,Free shipping,free shipping,,,,,,,,,,
five,5 € off,amount-off,,5.00 EUR,,,,no,,,,
"""
READ = [
    PromotionSpec(
        Promotion("spring-10", "10% off all teapots", "percent_off", Decimal(10), starts=date(2026, 3, 1),
                  ends=date(2026, 3, 31), limited_stock=True),
        {"ids": ["p1"], "categories": ["Teapots"], "brands": ["Pellwick"], "title_contains": "pot"},
    ),
    PromotionSpec(Promotion("ship", "Free shipping", "free_shipping")),
    PromotionSpec(Promotion("five", "5 € off", "amount_off", amount=Decimal(5), currency="EUR")),
]  # fmt: skip


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize(("name", "content"), [("p.yaml", PROMOTIONS), ("p.csv", PROMOTIONS_CSV)])
def test_promotions_read_the_same_from_yaml_and_from_csv(tmp_path: Path, name: str, content: str) -> None:
    path = write(tmp_path, name, content)
    assert list_kind(path) == "promotions"
    assert list(read_promotions(path)) == READ


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{terms: x}", "an id of 1 to 200 characters is needed"),
        ("{id: a}", "no terms"),
        ("{id: a, terms: '  '}", "no terms"),
        (f"{{id: a, terms: {'t' * 201}}}", "terms has 201 characters, at most 200"),
        ("{id: a, terms: x, kind: sale}", "kind 'sale' is none of percent_off, amount_off"),
        ("{id: a, terms: x, kind: percent_off}", "needs its percent"),
        ("{id: a, terms: x, percent: 0}", "percent '0' is no number over 0 and up to 100"),
        ("{id: a, terms: x, percent: 101}", "percent '101' is no number"),
        ("{id: a, terms: x, percent: about 10}", "percent 'about 10' is no number"),
        ("{id: a, terms: x, kind: amount_off}", "needs its amount and currency"),
        ("{id: a, terms: x, kind: price, amount: 5}", "amount: "),
        ("{id: a, terms: x, amount: 5, currency: XYZ1}", "amount: "),
        ("{id: a, terms: x, ends: 31.03.2026}", "ends '31.03.2026' is no day written as 2026-11-30"),
        ("{id: a, terms: x, ends: '2026-02-30'}", "ends '2026-02-30' is no day"),
        ("{id: a, terms: x, starts: 2026-03-02, ends: 2026-03-01}", "it ends on 2026-03-01, before it starts"),
        ("{id: a, terms: x, end: 2026-03-01}", "there is no column 'end'; there are"),
        ("{id: a, terms: x, until: {a: 1}}", "there is no column 'until'"),
        ("{id: a, terms: x, limited_stock: perhaps}", "limited_stock 'perhaps' is neither yes nor no"),
        ("{id: a, terms: x, product_filter: [p1]}", "product_filter is written as in a campaign"),
        ("{id: a, terms: x, product_filter: {brand: x}}", "there is no column 'brand'"),
        ("just words", "it is no list of names and values"),
    ],
)
def test_a_promotion_that_cannot_be_used_is_refused_with_its_line_and_the_next_one_is_read(
    tmp_path: Path, entry: str, reason: str
) -> None:
    refused, good = read_promotions(write(tmp_path, "p.yaml", f"- {entry}\n- {{id: good, terms: y}}\n"))
    assert isinstance(refused, RefusedRow)
    assert refused.line == 1
    assert reason in refused.reason
    assert "\n" not in refused.reason
    assert good == PromotionSpec(Promotion("good", "y"))


def test_of_two_promotions_of_one_id_the_first_is_kept(tmp_path: Path) -> None:
    first, second = read_promotions(write(tmp_path, "p.csv", "id,terms\na,First\na,Second\n"))
    assert first == PromotionSpec(Promotion("a", "First"))
    assert isinstance(second, RefusedRow)
    assert (second.line, second.id) == (3, "a")


def test_evidence_is_of_a_product_of_a_brand_or_of_everything(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "e.csv",
        "id,kind,statement,source,expires,product_id,brand\n"
        "gots,certification,GOTS certified cotton,No. 4711,2027-01-31,p1,\n"
        "b,award,Design award 2025,https://award.example,,,Pellwick\n"
        "c,,30-day returns,our terms,,,\n"
        "d,test,Tested,report 7,,p1,Pellwick\n"
        "e,rumour,Said,somebody,,,\n"
        "f,test,Tested,,,,\n",
    )
    assert list_kind(path) == "evidence"
    gots, award, returns, *refused = read_evidence(path)
    assert gots == EvidenceSpec(
        Evidence("gots", "certification", "GOTS certified cotton", "No. 4711", date(2027, 1, 31)), "p1"
    )
    assert award == EvidenceSpec(Evidence("b", "award", "Design award 2025", "https://award.example"), brand="Pellwick")
    assert returns == EvidenceSpec(Evidence("c", "other", "30-day returns", "our terms"))
    reasons = [(row.line, row.id, row.reason) for row in refused if isinstance(row, RefusedRow)]
    assert [(line, number) for line, number, _ in reasons] == [(5, "d"), (6, "e"), (7, "f")]
    assert "it names a product and a brand" in reasons[0][2]
    assert "kind 'rumour' is none of certification" in reasons[1][2]
    assert reasons[2][2] == "no source"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("c.yaml", "- {name: Spring, channels: [push], locales: [en-US]}", None),
        ("c.yaml", "", None),
        ("p.csv", "id,title,terms\np,Mug,Net 30\n", None),
        ("p.csv", "sku,name,price,terms\np,Mug,5 EUR,Net 30\n", None),
        ("p.yaml", "- {terms: no id}\n- just words", "promotions"),
        ("p.csv", "id,title,statement,source\np,Mug,a,b\n", None),
        ("p.xml", "<rss></rss>", None),
        ("p.json", '[{"id": "p", "terms": "x"}]', None),
        ("p.tsv", "Id\tTerms\na\tx\n", "promotions"),
        ("e.yaml", "{id: a, statement: x, source: y}", "evidence"),
    ],
)
def test_a_file_is_known_by_its_columns(tmp_path: Path, name: str, content: str, kind: str | None) -> None:
    assert list_kind(write(tmp_path, name, content or " \n#\n")) == kind


def test_the_samples_are_read_whole() -> None:
    promotions = list(read_promotions(SAMPLES / "promotions.yaml"))
    evidence = list(read_evidence(SAMPLES / "evidence.csv"))
    assert (len(promotions), len(evidence)) == (3, 3)
    assert not [row for row in (*promotions, *evidence) if isinstance(row, RefusedRow)]


def test_what_is_no_yaml_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="is no YAML") as caught:
        list(read_promotions(write(tmp_path, "p.yaml", "- {id: a\n  terms")))
    assert "\n" not in str(caught.value)


_CELLS = st.dictionaries(
    st.sampled_from(["id", "terms", "kind", "percent", "amount", "currency", "ends", "limited_stock", "brands"]),
    st.text(max_size=12) | st.sampled_from(["10", "5 EUR", "2026-03-31", "yes", "percent_off"]),
)


@given(_CELLS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cell_stops_the_reading(tmp_path: Path, cells: dict[str, str]) -> None:
    import yaml

    path = write(tmp_path, "p.yaml", yaml.safe_dump([cells, {"id": "good", "terms": "y"}], allow_unicode=True))
    found = list(read_promotions(path))
    assert len(found) == 2
