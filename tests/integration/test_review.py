"""The review page, the decisions behind it and the exports, on a real database, through the pages' own forms."""

import csv
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest
import typer
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from flows.review_commands import export as export_command
from flows.review_commands import review, review_page
from flows.settings import Settings, load_settings
from generation.records import Draft, Generation, Product, Segment
from generation.scoring import judge
from review.app import create_app
from review.decisions import approve_each
from review.exports import ExportError, export
from sql.catalogue import CampaignSpec, upsert_campaign, upsert_products, upsert_segments
from sql.copies import Filters, list_copies, read_copies, read_copy
from sql.database import Database, downgrade, migrate
from sql.plan import Selection, plan, read_briefs
from sql.reviews import Decision, DecisionRefused, decide, decide_each, waiting
from sql.runs import finish_run, set_running, start_run
from sql.store import save_outcomes, select_best

HOSTILE = "Kettle <script>alert('x')</script> 1.8 L"
PRODUCTS = (
    Product("kettle", HOSTILE, "Brinmoor", "Made for every day.", "Kitchen", Decimal("49.90"), "USD",
            "https://shop.example/kettle", None, {"Note": '"><img src=x onerror=alert(1)>'}),
    Product("pan", "Iron Pan", "Ostrand", None, "Kitchen", Decimal("30"), "USD", "javascript:alert(1)"),
)  # fmt: skip
# The best draft, one that a gate refuses, and a plainer one.
DRAFTS = {
    "email": (
        "Subject: {brand} for home cooks\nPreheader: Good tools\nBody: {brand} is made for cooking from scratch.",
        "Subject: {brand}\nPreheader: Hurry\nBody: Save 75% now. <script>alert(2)</script>",
        "Subject: Meet it\nPreheader: It lasts\nBody: A plain thing.",
    ),
    "google_rsa": (
        "Headline: {brand} at home\nHeadline: For home cooks\nHeadline: Good tools\n"
        "Description: Made for cooking from scratch.\nDescription: {brand} lasts.",
        "Headline: Only 3 left",
        "Headline: Meet it\nHeadline: Plain\nHeadline: It lasts\nDescription: A thing.\nDescription: It is plain.",
    ),
}

EDIT = {"field.subject": "Iron", "field.preheader": "Good", "field.body": "It lasts."}  # as the form sends it


def write_night(database: Database, products: Sequence[Product] = PRODUCTS, prefix: str = "") -> int:
    """One run with handwritten drafts in the engine's place; the run's number."""
    upsert_products(database, products)
    upsert_segments(database, [Segment("cooks", "Home cooks", interests=("cooking from scratch",), size=500)])
    campaign = CampaignSpec("autumn", ["email", "google_rsa"], ["en-US"], variants=3)
    campaign = replace(campaign, id=upsert_campaign(database, campaign))
    run_id = start_run(database, parameters={}, model="demo-model", model_revision="1")
    selection = Selection(campaign, floor=20)
    plan(database, run_id, selection, dict.fromkeys(selection.cells(), "recipe" + prefix))
    set_running(database, run_id)
    outcomes = []
    for brief in read_briefs(database, run_id, 0):
        texts = [draft.format(brand=prefix + (brief.product.brand or "")) for draft in DRAFTS[brief.channel]]
        drafts = tuple(Draft(brief, n, written, 9, -0.5 - n, "stop") for n, written in enumerate(texts))
        outcomes.append(judge(Generation(brief, drafts, 9, 0)))
    save_outcomes(database, run_id, outcomes)
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return run_id


@dataclass(frozen=True)
class Desk:
    """A database after a night, and a reviewer's browser."""

    database: Database
    browser: TestClient

    def copy(self, product: str, channel: str, status: str = "selected") -> int:
        [found, *_] = list_copies(self.database, Filters((status,), product=product, channels=(channel,)))
        return found

    def status(self, copy_id: int) -> str:
        return read_copy(self.database, copy_id).status

    def reviews(self) -> int:
        with self.database.begin() as connection:
            return int(connection.exec_driver_sql("select count(*) from reviews").scalar_one())

    def post(self, path: str, **fields: object) -> Response:
        self.browser.get("/")
        form = {"token": self.browser.cookies["copydesk_token"], "reviewer": "Ann", "back": "", **fields}
        return self.browser.post(path, data={name: value for name, value in form.items() if value is not None})

    def decide(self, copy_id: int, what: str, **fields: object) -> Response:
        page = self.browser.get(f"/copies/{copy_id}").text
        seen = re.search(r'name="seen" value="(\d+)"', page)
        return self.post(f"/copies/{copy_id}/{what}", **{"seen": seen[1] if seen else "0", **fields})


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    write_night(database)
    with TestClient(create_app(database), "http://127.0.0.1:8000") as browser:
        yield Desk(database, browser)


def test_the_first_page_lists_what_waits_with_its_facts_and_lengths(desk: Desk) -> None:
    page = desk.browser.get("/").text
    assert "4 copies" in page
    for shown in ("Ostrand for home cooks", "22 of 50", "16 of 30", "$30.00", "matches &#39;cooking from scratch&#39;"):
        assert shown in page


def test_hostile_text_of_the_catalogue_and_of_the_model_is_only_text_on_every_page(desk: Desk) -> None:
    pages = [desk.browser.get("/").text, desk.browser.get("/?status=rejected").text]
    pages += [desk.browser.get(f"/copies/{desk.copy(name, 'email')}").text for name in ("kettle", "pan")]
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "javascript:" not in page
    assert "Kettle &lt;script&gt;" in pages[0]
    assert "&lt;script&gt;alert(2)" in pages[2]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("campaign=autumn", 4),
        ("campaign=winter", 0),
        ("channel=email", 2),
        ("locale=en-US", 4),
        ("locale=zh-CN", 0),
        ("status=approved", 0),
        ("status=rejected", 4),
        ("status=", 12),
        ("product=iron", 2),
        ("product=pan", 2),
        ("min_score=0", 4),
        ("min_score=100", 0),
        ("run=1&channel=email&product=PAN", 1),
        ("run=2", 0),
        ("min_score=&run=&product=&channel=", 4),
        ("product=%00&campaign=%00autumn", 4),
        ("page=99", 4),
    ],
)
def test_each_filter_leaves_only_what_it_names(desk: Desk, query: str, count: int) -> None:
    page = desk.browser.get(f"/?{query}").text
    assert page.count('<article class="card"') == count


def test_pages_hold_every_copy_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.app.PAGE", 3)
    found = [desk.browser.get(f"/?page={page}&sort=product").text for page in (1, 2)]
    numbers = [number for page in found for number in re.findall(r'id="tick(\d+)"', page)]
    assert len(numbers) == 4
    assert sorted(map(int, numbers)) == sorted(list_copies(desk.database, Filters()))
    assert 'rel="next"' in found[0]
    assert 'rel="prev"' in found[1]


def test_an_approval_is_a_status_and_a_row_with_the_reviewers_name(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    answer = desk.decide(copy_id, "approve", reviewer="王芳")
    assert answer.status_code == 200
    assert "1 copy approved." in answer.text
    assert "王芳" in answer.text  # remembered by the browser
    stored = read_copy(desk.database, copy_id)
    assert (stored.status, stored.decided_by) == ("approved", "王芳")


def test_a_decision_without_a_name_is_refused(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    for nobody in ("", "  ", "\u200b", "=cmd"):
        assert desk.decide(copy_id, "approve", reviewer=nobody).status_code == 422
    assert desk.status(copy_id) == "selected"


def test_an_edit_is_kept_beside_what_the_model_wrote_and_is_the_text_from_then_on(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    fields = {"field.subject": "The  Iron Pan", "field.preheader": "Good tools", "field.body": ["It lasts.", ""]}
    assert desk.decide(copy_id, "edit", **fields).status_code == 200
    stored = read_copy(desk.database, copy_id)
    assert (stored.status, stored.edited) == ("edited", True)
    assert stored.fields == {"subject": ("The Iron Pan",), "preheader": ("Good tools",), "body": ("It lasts.",)}
    with desk.database.begin() as connection:
        written = connection.execute(text("select fields from copies where id = :id"), {"id": copy_id}).scalar_one()
        shown = connection.execute(
            text("select fields from copy_for_review where copy_id = :id"), {"id": copy_id}
        ).scalar_one()
    assert written["subject"] == ["Ostrand for home cooks"]
    assert shown["subject"] == ["The Iron Pan"]


@pytest.mark.parametrize(
    ("headline", "reason"),
    [
        ("A headline that is far too long for it", "headline is 38, the limit is 30"),
        ("Only 3 left", "which the record doesn"),
        ("The best pan", "claim of the kind"),
        ("=SUM(A1)", "a spreadsheet takes for a formula"),
        ("", "headline: 2 of at least 3"),
    ],
)
def test_an_edit_that_breaks_a_rule_is_shown_with_the_reason_and_not_saved(
    desk: Desk, headline: str, reason: str
) -> None:
    copy_id = desk.copy("pan", "google_rsa")
    fields = {"field.headline": [headline, "Plain", "It lasts"], "field.description": ["A thing.", "It is plain."]}
    answer = desk.decide(copy_id, "edit", **fields)
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'value="It lasts"' in answer.text  # what was entered is still there
    assert desk.status(copy_id) == "selected"
    assert desk.reviews() == 0


def test_an_edit_may_not_have_more_lines_than_the_channel_takes(desk: Desk) -> None:
    copy_id = desk.copy("pan", "google_rsa")
    answer = desk.decide(copy_id, "edit", **{"field.headline": ["Plain"] * 16, "field.description": ["A.", "B."]})
    assert answer.status_code == 422
    assert "headline: 16 of at most 15" in answer.text


def test_a_rejection_needs_a_note_and_leaves_the_brief_to_another_variant(desk: Desk) -> None:
    copy_id, other = desk.copy("pan", "email"), desk.copy("pan", "email", "candidate")
    assert desk.decide(copy_id, "reject", note=" ").status_code == 422
    assert desk.decide(copy_id, "reject", note="too plain <b>").status_code == 200
    assert desk.status(copy_id) == "rejected"
    assert "too plain &lt;b&gt;" in desk.browser.get(f"/copies/{other}").text
    assert desk.decide(other, "approve").status_code == 200
    assert desk.status(other) == "approved"


def test_approving_another_variant_puts_the_chosen_one_back(desk: Desk) -> None:
    chosen, other = desk.copy("pan", "email"), desk.copy("pan", "email", "candidate")
    assert desk.decide(other, "approve").status_code == 200
    assert (desk.status(chosen), desk.status(other)) == ("candidate", "approved")


def test_the_ticked_rows_are_approved_together(desk: Desk) -> None:
    ticked = [desk.copy("pan", "email"), desk.copy("kettle", "google_rsa")]
    answer = desk.post("/approve", ticked=[f"{number}:0" for number in ticked], back="channel=email")
    assert "2 copies approved." in answer.text
    assert "channel=email" in str(answer.url)
    assert sorted(list_copies(desk.database, Filters(("approved",)))) == sorted(ticked)
    assert desk.post("/approve").status_code == 422  # none ticked


def test_somebody_elses_decision_in_between_is_said_and_not_overwritten(desk: Desk) -> None:
    copy_id, other = desk.copy("pan", "email"), desk.copy("pan", "email", "candidate")
    decide(desk.database, Decision(copy_id, "reject", "Bo", 0, note="no"))
    for path, what in ((copy_id, "approve"), (other, "approve"), (other, "edit")):
        fields = (
            {"field.subject": "Iron", "field.preheader": "Good", "field.body": "It lasts."} if what == "edit" else {}
        )
        answer = desk.post(f"/copies/{path}/{what}", seen="0", **fields)
        assert answer.status_code == 409
        assert "Bo rejected copy" in answer.text
    bulk = desk.post("/approve", ticked=[f"{copy_id}:0", f"{desk.copy('kettle', 'email')}:0"])
    assert bulk.status_code == 409
    assert "1 approved, 1 not:" in bulk.text
    assert (desk.status(copy_id), desk.status(other)) == ("rejected", "candidate")


def test_of_decisions_at_the_same_moment_one_is_saved(desk: Desk) -> None:
    copy_id, other = desk.copy("pan", "email"), desk.copy("pan", "email", "candidate")
    decisions = [Decision(number, "approve", f"Reviewer {n}", 0) for n, number in enumerate([copy_id, other] * 6)]

    def outcome(decision: Decision) -> bool:
        try:
            decide(desk.database, decision)
        except DecisionRefused:
            return False
        return True

    with ThreadPoolExecutor(len(decisions)) as together:
        assert sorted(together.map(outcome, decisions)) == [False] * 11 + [True]
    assert desk.reviews() == 1
    assert sorted((desk.status(copy_id), desk.status(other))) == ["approved", "candidate"]


def test_a_reviewer_who_comes_while_copies_are_on_their_way_out_waits_for_the_export(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve_all(desk)
    rejected = desk.copy("kettle", "email", "approved")
    held, sync = Event(), os.fsync

    def slow(number: int) -> None:
        held.set()
        time.sleep(0.5)
        sync(number)

    monkeypatch.setattr("os.fsync", slow)
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(export, desk.database, "csv", tmp_path / "out.csv", Filters())
        assert held.wait(10)
        decide(desk.database, Decision(rejected, "reject", "Bo", read_copy(desk.database, rejected).seen, note="no"))
        assert writing.result(10).marked == 4
    assert desk.status(rejected) == "rejected"


def test_a_copy_that_a_gate_stopped_is_approved_by_no_road(desk: Desk) -> None:
    gated = desk.copy("pan", "email", "rejected")
    answers = [
        desk.decide(gated, "approve"),
        desk.decide(gated, "edit", **EDIT),
        desk.post("/approve", ticked=f"{gated}:0"),
        desk.post("/approve", one=f"{gated}:0"),
        desk.post("/approve", everything="1", shown=f"{gated}:0"),
    ]
    for answer in answers:
        assert answer.status_code == 409
        assert "was rejected by the gate placeholder" in answer.text
    assert approve_each(desk.database, [Decision(gated, "approve", "Ann")])
    assert decide_each(desk.database, [Decision(gated, "approve", "Ann", 0)])
    assert desk.status(gated) == "rejected"
    assert desk.reviews() == 0


def test_expired_and_superseded_copies_are_decided_no_more(desk: Desk) -> None:
    approved, waits = desk.copy("pan", "email"), desk.copy("kettle", "email")
    decide(desk.database, Decision(approved, "approve", "Ann"))
    write_night(desk.database, prefix="New ")
    assert (desk.status(approved), desk.status(waits)) == ("approved", "expired")
    for number, verdict in ((waits, "approve"), (waits, "edit"), (approved, "reject"), (approved, "edit")):
        fields = {"subject": ("Iron",), "preheader": ("Good",), "body": ("It lasts.",)} if verdict == "edit" else None
        seen = read_copy(desk.database, number).seen
        with pytest.raises(DecisionRefused, match="out of date"):
            decide(desk.database, Decision(number, verdict, "Ann", seen, fields))  # type: ignore[arg-type]


def test_words_that_the_catalogue_contradicts_by_now_are_not_approved(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    with desk.database.begin() as connection:
        connection.execute(
            text("update copies set fields = jsonb_set(fields, '{body}', '[\"Yours for $30.\"]') where id = :id"),
            {"id": copy_id},
        )
    assert "Today's check" not in desk.browser.get("/").text
    upsert_products(desk.database, [replace(PRODUCTS[1], price=Decimal("35"))])
    assert "Today's check" in desk.browser.get("/").text
    answer = desk.decide(copy_id, "approve")
    assert answer.status_code == 409
    assert "$30" in answer.text
    assert desk.status(copy_id) == "selected"


# Claims, promotions, provenance


def claimed(desk: Desk, copy_id: int, *claims: tuple[str, int, int, str, str | None, str | None]) -> None:
    """The copy's body claims these: kind, start, end, verdict, support, rule."""
    (body,) = read_copy(desk.database, copy_id).fields["body"]
    with desk.database.begin() as connection:
        connection.execute(text("delete from claims where copy_id = :id"), {"id": copy_id})
        for number, (kind, start, end, verdict, support, rule) in enumerate(claims, 1):
            connection.execute(
                text(
                    "insert into claims values (:id, :number, :kind, 'body', 0, :start, :end, :text, :value, :verdict,"
                    " :support, :rule)"
                ),
                {
                    "id": copy_id, "number": number, "kind": kind, "start": start, "end": end, "text": body[start:end],
                    "value": "v", "verdict": verdict, "support": support, "rule": rule,
                },
            )  # fmt: skip


def test_a_claim_is_marked_in_its_line_with_its_support_and_listed_beneath(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")  # Ostrand is made for cooking from scratch.
    claimed(
        desk, copy_id, ("brand", 0, 7, "supported", "products.brand", None), ("purpose", 19, 40, "warned", None, "X-1")
    )
    page = desk.browser.get(f"/copies/{copy_id}").text
    assert '<mark class="claim supported" title="brand: supported by products.brand">Ostrand</mark>' in page
    assert 'aria-label="claim 2: look at this, rule X-1"' in page
    assert "2 claims: 1 to look at, 1 supported" in page
    assert re.search(r'<li id="claim\d+-2" class="warned">.*!2.*cooking from scratch.*look at this.*X-1', page)


def test_claims_that_overlap_lose_no_character_of_the_line(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    claimed(
        desk, copy_id, ("a", 0, 15, "supported", "x", None), ("b", 11, 30, "unsupported", None, None),
        ("c", 11, 15, "warned", None, None),
    )  # fmt: skip
    page = desk.browser.get("/?channel=email").text
    lines = [
        re.sub(r"<sup.*?</sup>|<[^>]+>", "", line) for line in re.findall(r'<span class="line">(.*?)</span>', page)
    ]
    assert "Ostrand is made for cooking from scratch." in lines
    assert (
        '<mark class="claim unsupported" title="b: unsupported; c: look at this; a: supported by x">made</mark>' in page
    )


def test_hostile_claims_are_only_text(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    claimed(desk, copy_id, ("<b>", 0, 7, "supported", '"><script>', "<i>"))
    page = desk.browser.get(f"/copies/{copy_id}").text
    assert "<script" not in page
    assert "<i>" not in page


def test_a_claim_of_words_that_an_edit_took_away_is_marked_no_more(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    claimed(desk, copy_id, ("brand", 0, 7, "supported", "products.brand", None))
    desk.decide(copy_id, "edit", **EDIT)
    page = desk.browser.get(f"/copies/{copy_id}").text
    assert "claim supported" not in page
    assert "AI-generated, edited by a person" in page


def test_the_claims_kept_are_those_of_the_words_in_force(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")

    def kept() -> list[tuple[str, str, str]]:
        return [(claim.field, claim.text, claim.verdict) for claim in read_copy(desk.database, copy_id).claims]

    written = kept()
    fields = {"field.subject": "Ostrand Pan", "field.preheader": "For $30.00", "field.body": "A thing to cook with."}
    assert desk.decide(copy_id, "edit", **fields).status_code == 200
    edited = kept()
    assert ("preheader", "$30.00", "supported") in edited
    assert ("preheader", "$30.00", "supported") not in written
    desk.decide(copy_id, "reject", note="as it was, after all")
    desk.decide(copy_id, "approve")
    assert desk.status(copy_id) == "approved"
    assert kept() == written


@pytest.mark.parametrize(
    ("query", "count"),
    [("verdict=warned", 1), ("verdict=unsupported", 0), ("rule=X-1", 1), ("rule=X-2", 0), ("verdict=&rule=", 4)],
)
def test_the_list_is_narrowed_by_claims_and_rules(desk: Desk, query: str, count: int) -> None:
    claimed(desk, desk.copy("pan", "email"), ("purpose", 19, 40, "warned", None, "X-1"))
    assert desk.browser.get(f"/?{query}").text.count('<article class="card"') == count


def test_the_page_says_what_wrote_a_copy(desk: Desk) -> None:
    page = desk.browser.get(f"/copies/{desk.copy('pan', 'email')}").text
    for told in ("AI-generated: where it comes from", "trained_algorithmic_media", "demo-model 1"):
        assert told in page


def ended(desk: Desk) -> str:
    """The campaign's promotion was over yesterday, and no run has been since; that day."""
    with desk.database.begin() as connection:
        connection.exec_driver_sql("insert into promotions (id, terms, ends) values ('p', 'A gift', current_date - 1)")
        connection.exec_driver_sql("update campaigns set promotion_id = 'p'")
        connection.exec_driver_sql("update copies set expires_at = current_date - 1")
        return str(connection.exec_driver_sql("select current_date - 1").scalar_one())


def test_copy_whose_promotion_is_over_waits_no_more_and_is_approved_by_no_road(
    desk: Desk, terminal: Callable[..., Result]
) -> None:
    copy_id = desk.copy("pan", "email")
    day = ended(desk)
    assert desk.decide(copy_id, "approve").status_code == 409
    assert f"promotion ended on {day}" in desk.decide(copy_id, "approve").text
    refused = terminal("review", "approve", str(copy_id), "--reviewer", "Ann")
    assert refused.exit_code == 1
    assert f"copy {copy_id} can't be approved as it is: its promotion ended on {day}" in refused.output.replace(
        "\n", " "
    )
    assert desk.browser.get("/").text.count('<article class="card"') == 0
    assert f'Its promotion ended on <time class="day" datetime="{day}">' in desk.browser.get(f"/copies/{copy_id}").text
    assert terminal("review").output == "nothing waits for review\n"


def test_copy_whose_promotion_is_over_is_never_exported_not_even_again(desk: Desk, tmp_path: Path) -> None:
    approve_each(
        desk.database, [Decision(number, "approve", "Ann") for number in list_copies(desk.database, Filters())]
    )
    emails = Filters(channels=("email",))
    assert export(desk.database, "csv", tmp_path / "1.csv", emails).copies == 2
    ended(desk)
    result = export(desk.database, "csv", tmp_path / "2.csv", Filters(), again=True)
    assert result.copies == 0
    assert not (tmp_path / "2.csv").exists()
    assert not (tmp_path / "2.csv.provenance.json").exists()


@pytest.mark.parametrize("name", ["google_ads_editor", "meta", "merchant", "klaviyo", "braze", "csv", "jsonl"])
def test_beside_every_export_stands_where_each_copy_comes_from(desk: Desk, tmp_path: Path, name: str) -> None:
    with desk.database.begin() as connection:
        connection.exec_driver_sql("update products set url = 'https://x.example/' || id, image_url = url")
        connection.exec_driver_sql("update products set image_url = url")
    approve_each(
        desk.database, [Decision(number, "approve", "王芳") for number in list_copies(desk.database, Filters())]
    )
    result = export(desk.database, name, tmp_path / "out", Filters())
    beside = tmp_path / "out.provenance.json"
    assert beside.exists() == (result.copies > 0) == (tmp_path / "out").exists()
    if result.copies:
        told = json.loads(beside.read_text("utf-8"))
        assert (told["file"], told["format"]) == ("out", name)
        assert told["digital_source_type"].endswith("/trainedAlgorithmicMedia")
        assert len(told["copies"]) == result.copies
        assert len({copy["content_id"] for copy in told["copies"]}) == result.copies
        for copy in told["copies"]:
            assert (copy["model"], copy["run_id"], copy["reviewed_by"]) == ("demo-model", 1, "王芳")
            assert (copy["ai_label"], copy["human_edited"]) == ("AI-generated", False)
    with desk.database.begin() as connection:
        marked = connection.exec_driver_sql("select count(*) from copies where status = 'exported'").scalar_one()
    assert marked == result.marked == result.copies


def test_a_form_from_elsewhere_decides_nothing(desk: Desk) -> None:
    copy_id = desk.copy("pan", "email")
    form = {"token": desk.browser.get("/").cookies["copydesk_token"], "reviewer": "Eve", "seen": "0"}
    path = f"/copies/{copy_id}/approve"
    foreign = [
        desk.browser.post(path, data=form, headers={"Origin": "https://evil.example"}),
        desk.browser.post(path, data=form, headers={"Origin": "http://127.0.0.1:9999"}),
        desk.browser.post(path, data=form, headers={"Origin": "null"}),
        desk.browser.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}),
        desk.browser.post(path, data={**form, "token": "guessed"}),
        desk.browser.post(path, data={name: value for name, value in form.items() if name != "token"}),
    ]
    assert [answer.status_code for answer in foreign] == [403] * 6
    assert desk.status(copy_id) == "selected"
    assert desk.browser.post(path, data=form, headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("evil.example", 400), ("localhost.evil", 400)],
)
def test_the_page_answers_only_to_its_own_names(desk: Desk, host: str, status: int) -> None:
    assert desk.browser.get("/healthz", headers={"Host": host}).status_code == status


def test_a_database_that_went_away_is_told_in_a_page() -> None:
    nowhere = Database(create_engine("postgresql+psycopg://127.0.0.1:1/none?connect_timeout=2"), "nowhere")
    with TestClient(create_app(nowhere), "http://127.0.0.1:8000") as browser:
        for path in ("/", "/copies/1", "/healthz"):
            answer = browser.get(path)
            assert answer.status_code == 503
            assert "the database nowhere went away" in answer.text


def test_answers_forbid_scripts_frames_and_foreign_assets(desk: Desk) -> None:
    policy = desk.browser.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!shop\.example)', desk.browser.get("/").text)


@pytest.mark.parametrize(
    "path",
    [
        "/copies/999",
        "/copies/99999999999999999999",
        "/copies/0",
        "/nowhere",
        "/copies/abc",
        "/?page=0",
        "/?min_score=x",
    ],
)
def test_a_wrong_address_is_told_in_a_page_not_a_traceback(desk: Desk, path: str) -> None:
    answer = desk.browser.get(path)
    assert answer.status_code in {404, 422}
    assert "<h1>" in answer.text


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def approve_all(desk: Desk) -> None:
    waits = list_copies(desk.database, Filters())
    assert not approve_each(desk.database, [Decision(number, "approve", "Ann") for number in waits])


def test_an_export_writes_the_approved_words_and_marks_them(desk: Desk, tmp_path: Path) -> None:
    pan = desk.copy("pan", "email")
    fields = {"subject": ("The Iron Pan",), "preheader": ("Good tools",), "body": ("It lasts.",)}
    decide(desk.database, Decision(pan, "edit", "Ann", 0, fields))
    out = tmp_path / "copies.csv"
    result = export(desk.database, "csv", out, Filters())
    assert (result.copies, result.rows, result.marked) == (1, 1, 1)
    assert out.read_bytes().startswith(b'"copy_id",')
    [row] = table(out)
    assert (row["subject"], row["body"]) == ("The Iron Pan", "It lasts.")
    assert (row["human_edited"], row["reviewed_by"]) == ("true", "Ann")
    assert desk.status(pan) == "exported"
    assert read_copy(desk.database, pan).fields["subject"] == ("The Iron Pan",)
    assert sorted(tmp_path.iterdir()) == [out, tmp_path / f"{out.name}.provenance.json"]


def test_what_was_exported_goes_out_again_only_when_asked(desk: Desk, tmp_path: Path) -> None:
    approve_all(desk)
    emails = Filters(channels=("email",))
    assert export(desk.database, "jsonl", tmp_path / "1", emails, keep_status=True).marked == 0
    assert export(desk.database, "jsonl", tmp_path / "2", emails).marked == 2
    assert export(desk.database, "jsonl", tmp_path / "3", emails).copies == 0
    assert not (tmp_path / "3").exists()
    assert export(desk.database, "jsonl", tmp_path / "4", emails, again=True).copies == 2
    assert (tmp_path / "1").read_text() == (tmp_path / "2").read_text() == (tmp_path / "4").read_text()
    assert len(read_copies(desk.database, list_copies(desk.database, Filters(("approved",))))) == 2


def test_a_row_that_may_not_leave_is_refused_and_stays_and_the_rest_goes_out(desk: Desk, tmp_path: Path) -> None:
    approve_all(desk)
    result = export(desk.database, "google_ads_editor", tmp_path / "ads.csv", Filters())
    [(refused, reason)] = result.refused
    assert reason == "url is no web address: 'javascript:alert(1)'"
    assert (result.copies, desk.status(refused)) == (1, "approved")
    [row] = table(tmp_path / "ads.csv")
    assert (row["Headline 1"], row["Status"]) == ("Brinmoor at home", "Paused")


def test_a_klaviyo_feed_is_one_json_array(desk: Desk, tmp_path: Path) -> None:
    upsert_products(desk.database, [replace(PRODUCTS[0], image_url="https://shop.example/kettle.jpg")])
    approve_all(desk)
    result = export(desk.database, "klaviyo", tmp_path / "feed.json", Filters())
    assert [item["id"] for item in json.loads((tmp_path / "feed.json").read_text())] == ["kettle--cooks--email--en-US"]
    assert len(result.refused) == 1


def test_a_copy_of_a_superseded_brief_is_not_exported(desk: Desk, tmp_path: Path) -> None:
    approve_all(desk)
    write_night(desk.database, prefix="New ")
    result = export(desk.database, "csv", tmp_path / "out.csv", Filters())
    assert (result.copies, result.out_of_date) == (0, 4)


def test_words_that_the_catalogue_contradicts_by_now_are_not_exported(desk: Desk, tmp_path: Path) -> None:
    approve_all(desk)
    with desk.database.begin() as connection:
        connection.exec_driver_sql("delete from products where id = 'pan'")
    result = export(desk.database, "csv", tmp_path / "out.csv", Filters())
    assert result.copies == 2
    assert {reason for _, reason in result.refused} == {"the product pan is no longer in the catalogue"}


def test_an_export_that_fails_half_way_leaves_the_old_file_and_the_statuses(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve_all(desk)
    out = tmp_path / "out.csv"
    out.write_text("yesterday's")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExportError, match="No space left on device"):
        export(desk.database, "csv", out, Filters())
    assert out.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [out]
    assert len(list_copies(desk.database, Filters(("approved",)))) == 4


def test_a_format_that_does_not_fit_the_channel_says_which_do(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="doesn't fit the channel email; it takes google_rsa"):
        export(desk.database, "google_ads_editor", tmp_path / "x", Filters(channels=("email",)))
    with pytest.raises(
        ExportError, match="no format 'excel'; there are google_ads_editor, google_ads_editor_pmax, amazon, meta"
    ):
        export(desk.database, "excel", tmp_path / "x", Filters())


def test_what_waits_is_counted_by_campaign_and_channel(desk: Desk) -> None:
    decide(desk.database, Decision(desk.copy("pan", "email"), "approve", "Ann"))
    assert [(line.campaign, line.channel, line.copies) for line in waiting(desk.database)] == [
        ("autumn", "email", 1),
        ("autumn", "google_rsa", 2),
    ]


def test_the_words_in_force_can_be_taken_back_out_of_the_schema(server: Database) -> None:
    migrate(server)
    try:
        downgrade(server, "0001")
        with server.begin() as connection:
            assert connection.exec_driver_sql("select to_regclass('copy_text')").scalar_one() is None
            connection.exec_driver_sql("select fields from copy_for_review")
        migrate(server)
    finally:
        downgrade(server)


@pytest.fixture
def terminal(desk: Desk, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """The commands, on the same database."""
    monkeypatch.setenv("COPYDESK_DATA_FOLDER", str(data_folder))
    monkeypatch.delenv("COPYDESK_DATABASE_URL", raising=False)
    load_settings.cache_clear()
    app = typer.Typer()
    app.add_typer(review, name="review")
    app.command()(export_command)
    yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    load_settings.cache_clear()


def test_the_terminal_lists_approves_rejects_and_exports(
    desk: Desk, terminal: Callable[..., Result], tmp_path: Path
) -> None:
    assert "4 copies wait" in terminal("review").output
    pan, kettle = desk.copy("pan", "email"), desk.copy("kettle", "email")
    assert "approved: 1, refused: 0" in terminal("review", "approve", pan, "--reviewer", "Ann").output
    assert "rejected: 1, refused: 0" in terminal("review", "reject", kettle, "--reviewer", "Ann", "--note", "no").output
    assert "approved: 2, refused: 0" in terminal("review", "approve", "--min-score", 1, "--reviewer", "Ann").output
    assert (desk.status(pan), desk.status(kettle)) == ("approved", "rejected")
    out = tmp_path / "ads.csv"
    answer = terminal("export", "--format", "google_ads_editor", "--out", out)
    assert "exported: 1 copies in 1 rows" in answer.output
    assert "url is no web address" in answer.output
    assert len(table(out)) == 1


def test_the_terminal_decides_only_on_what_waits(desk: Desk, terminal: Callable[..., Result]) -> None:
    chosen, gated, other = (desk.copy("pan", "email", status) for status in ("selected", "rejected", "candidate"))
    decide(desk.database, Decision(chosen, "approve", "Bo"))
    for number in (chosen, gated, other, 999):
        answer = terminal("review", "approve", number, "--reviewer", "Ann")
        assert answer.exit_code == 1
        assert "approved: 0, refused: 1" in answer.output
    assert desk.reviews() == 1


@pytest.mark.parametrize(
    "words",
    [
        ("review", "approve", "--reviewer", "Ann"),
        ("review", "approve", 1, "--min-score", 3, "--reviewer", "Ann"),
        ("review", "approve", 1, "--reviewer", " "),
        ("review", "reject", 1, "--reviewer", "Ann", "--note", ""),
        ("export", "--format", "excel", "--out", "x"),
        ("export", "--format", "meta", "--channel", "email", "--out", "x"),
        ("export", "--format", "csv", "--again", "--out", "/nowhere/x"),
    ],
)
def test_bad_usage_in_the_terminal_is_one_line_and_status_2(
    desk: Desk, terminal: Callable[..., Result], words: tuple[object, ...]
) -> None:
    approve_all(desk)
    answer = terminal(*words)
    assert answer.exit_code == 2
    assert len(answer.output.strip().splitlines()) == 1


def test_a_port_that_something_else_has_is_one_line_and_not_a_traceback(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(review_port=taken.getsockname()[1])
        with pytest.raises(typer.Exit):
            review_page(settings, desk.database)
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("set COPYDESK_REVIEW_PORT")
