"""The database counts as generation.counting does, and no copy on offer breaks a hard limit of its channel."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flows.planning import channel_limits
from generation.channels import channel_names, load_channel
from generation.counting import COUNTERS
from generation.records import AdCopy, Brief, Claim, Draft, Outcome, Product, ScoredCopy, Segment
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database, downgrade, migrate
from sql.limits import Limit, keep_limits
from sql.plan import Selection, plan, read_briefs
from sql.reviews import Decision, DecisionRefused, decide, decide_each
from sql.runs import start_run
from sql.store import save_outcomes, select_best


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


# Counting

_SOME = "a~^{}[]|€@£éΔØ 中文“”…—①！·☕🫖👩🏽Ａ\n\\"


@pytest.fixture(scope="module")
def counting(server: Database) -> Iterator[Database]:
    """The migrated schema, for many questions."""
    migrate(server)
    yield server
    downgrade(server)


@pytest.mark.parametrize("counter", COUNTERS)
@given(
    line=st.text(st.sampled_from(_SOME), max_size=340)
    | st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\x00"), max_size=80)
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_is_as_long_to_the_database_as_to_the_gates(counting: Database, counter: str, line: str) -> None:
    [(length,)] = rows(counting, "select counted(:counter, :line)", counter=counter, line=line)
    assert length == COUNTERS[counter](line)


@pytest.mark.parametrize("counter", COUNTERS)
def test_every_character_there_is_counts_the_same(counting: Database, counter: str) -> None:
    characters = [chr(n) for n in range(1, 0x110000) if unicodedata.category(chr(n)) not in ("Cs", "Cn", "Co")]
    found = rows(
        counting,
        "select line, counted(:counter, line) from unnest(cast(:lines as text[])) line",
        counter=counter,
        lines=characters,
    )
    other = [(hex(ord(line)), length) for line, length in found if COUNTERS[counter](line) != length]
    assert len(found) == len(characters)
    assert other == []


def test_a_counter_that_the_database_does_not_know_limits_nothing(counting: Database) -> None:
    assert rows(counting, "select counted('syllables', 'words')") == [(None,)]


# Limits


def words_of(channel: str) -> dict[str, list[str]]:
    """The least that a channel takes."""
    return {spec.name: ["A"] * spec.minimum for spec in load_channel(channel).fields if spec.minimum}


@pytest.fixture
def limited(database: Database) -> Database:
    """The limits of templates/channels in place, as after `copydesk init`."""
    keep_limits(database, channel_limits())
    return database


def broken(database: Database, channel: str, words: dict[str, list[str]]) -> str | None:
    import json

    [(said,)] = rows(
        database, "select limit_broken(:channel, cast(:words as jsonb))", channel=channel, words=json.dumps(words)
    )
    return str(said) if said is not None else None


@pytest.mark.parametrize("channel", channel_names())
def test_what_each_channel_takes_at_its_limits_passes_and_one_more_is_told(limited: Database, channel: str) -> None:
    assert broken(limited, channel, words_of(channel)) is None
    for spec in load_channel(channel).fields:
        if spec.minimum:
            fewer = {**words_of(channel), spec.name: ["A"] * (spec.minimum - 1)}
            assert broken(limited, channel, fewer) == f"{spec.name}: {spec.minimum - 1} of at least {spec.minimum}"
        more = {**words_of(channel), spec.name: ["A"] * (spec.maximum + 1)}
        assert broken(limited, channel, more) == f"{spec.name}: {spec.maximum + 1} of at most {spec.maximum}"
        if spec.hard_limit is not None and spec.counter != "sms_segments":
            longest = {**words_of(channel), spec.name: ["A" * spec.hard_limit] + ["A"] * max(0, spec.minimum - 1)}
            assert broken(limited, channel, longest) is None
            longest[spec.name][0] += "A"
            assert broken(limited, channel, longest) == (
                f"{spec.name} is {spec.hard_limit + 1}, the limit is {spec.hard_limit}"
            )


def test_a_limit_on_all_the_lines_together_is_kept(limited: Database) -> None:
    assert broken(limited, "push", {"title": ["A"], "body": ["b" * 3806]}) is None
    said = broken(limited, "push", {"title": ["A"], "body": ["b" * 3807]})
    assert said == "all fields together are 3808, the limit is 3807"


def test_limits_are_replaced_as_a_whole_and_only_when_they_differ(limited: Database) -> None:
    before = rows(limited, "select xmin::text, * from channel_limits order by channel, place")
    keep_limits(limited, channel_limits())
    assert rows(limited, "select xmin::text, * from channel_limits order by channel, place") == before
    keep_limits(limited, [Limit("fax", 0, "page", 1, 1, "code_points", 9)])
    assert rows(limited, "select channel, field, hard_limit from channel_limits") == [("fax", "page", 9)]


# On offer


def night(database: Database, lines: list[list[str]], claims: tuple[Claim, ...] = ()) -> tuple[int, list[Brief]]:
    """A brief for each entry, its variants' text messages in the order of their scores; saved, none chosen yet."""
    upsert_products(database, [Product(f"p{n}", f"Mug {n}") for n in range(len(lines))])
    upsert_segments(database, [Segment("s", "Hikers", size=100)])
    upsert_campaign(database, CampaignSpec("Spring", ["sms"], ["en-US"]))
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    selection = Selection(read_campaign(database, "Spring"))
    plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r"))
    briefs = list(read_briefs(database, run_id, 0))
    outcomes = []
    for brief, texts in zip(briefs, lines, strict=True):
        copies = [
            ScoredCopy(AdCopy(Draft(brief, n, line, 9, -0.5, "stop"), {"body": (line,)}, claims=claims), 90.0 - n)
            for n, line in enumerate(texts)
        ]
        outcomes.append(Outcome(brief, tuple(copies)))
    save_outcomes(database, run_id, outcomes)
    return run_id, briefs


LONG = "A" * 460
UNSUPPORTED = Claim("percentage", "body", 0, 0, 4, "Mugs", "50 % off", "unsupported")


def test_a_copy_that_the_gates_let_through_over_a_limit_costs_itself_and_no_other(limited: Database) -> None:
    run_id, _ = night(limited, [["Mugs", "Cups"], [LONG, "Cups"], [LONG]])
    assert select_best(limited, run_id) == 2
    found = rows(limited, "select left(raw_text, 4), status, gate, reason from copies order by brief_id, variant")
    assert found == [
        ("Mugs", "selected", None, None),
        ("Cups", "candidate", None, None),
        ("AAAA", "rejected", "database", "body is 4, the limit is 3"),
        ("Cups", "selected", None, None),
        ("AAAA", "rejected", "database", "body is 4, the limit is 3"),
    ]


def test_a_copy_with_an_unsupported_claim_is_never_on_offer(limited: Database) -> None:
    run_id, _ = night(limited, [["Mugs at half price"]], (UNSUPPORTED,))
    assert select_best(limited, run_id) == 0
    assert rows(limited, "select status, reason from copies") == [
        ("rejected", "body claims 'Mugs', which nothing supports")
    ]


@pytest.mark.parametrize("verdict", ["supported", "warned"])
def test_a_supported_or_a_warned_claim_keeps_no_copy_back(limited: Database, verdict: str) -> None:
    claim = Claim("percentage", "body", 0, 0, 4, "Mugs", "x", verdict, "products.title: Mug 0")
    run_id, _ = night(limited, [["Mugs at half price"]], (claim,))
    assert select_best(limited, run_id) == 1


@pytest.mark.parametrize("status", ["selected", "approved", "edited", "exported"])
@pytest.mark.parametrize(("line", "claims"), [(LONG, ()), ("Mugs", (UNSUPPORTED,))])
def test_no_statement_gets_a_faulty_copy_past_the_database(
    limited: Database, status: str, line: str, claims: tuple[Claim, ...]
) -> None:
    night(limited, [[line]], claims)
    with pytest.raises(IntegrityError, match=rf"copy \d+ may not be {status}: body"):
        rows(limited, "update copies set status = :s", s=status)
    rows(limited, "update copies set status = 'rejected'")


@pytest.mark.parametrize("status", ["selected", "approved", "edited", "exported"])
def test_no_faulty_copy_comes_into_the_database_on_offer(limited: Database, status: str) -> None:
    night(limited, [["Mugs"]])
    added = (
        "insert into copies (brief_id, run_id, attempt, variant, status, fields, raw_text, output_tokens)"
        " select brief_id, run_id, attempt, 7, :s, jsonb_build_object('body', jsonb_build_array(cast(:line as text))),"
        " '', 0 from copies"
    )
    with pytest.raises(IntegrityError, match=rf"copy \d+ may not be {status}: body is 4, the limit is 3"):
        rows(limited, added, s=status, line=LONG)
    rows(limited, added, s=status, line="Mugs")
    assert rows(limited, "select status from copies where variant = 7") == [(status,)]


def test_the_words_of_a_selected_copy_cannot_be_made_too_long(limited: Database) -> None:
    run_id, _ = night(limited, [["Mugs"]])
    select_best(limited, run_id)
    with pytest.raises(IntegrityError, match="body is 4, the limit is 3"):
        rows(limited, "update copies set fields = jsonb_build_object('body', jsonb_build_array(repeat('A', 460)))")


def test_an_edit_is_held_to_the_limits_and_not_to_the_claims_of_the_words_it_replaces(limited: Database) -> None:
    night(limited, [["Mugs", "Cups"]], (UNSUPPORTED,))
    first, second = (row[0] for row in rows(limited, "select id from copies order by id"))
    rows(limited, "update runs set status = 'completed', planned = 1, generated = 1, finished_at = now()")
    with pytest.raises(DecisionRefused, match="may not be approved: body claims 'Mugs', which nothing supports"):
        decide(limited, Decision(first, "approve", "Ann", 0))
    with pytest.raises(DecisionRefused, match="may not be edited: body is 4, the limit is 3"):
        decide(limited, Decision(first, "edit", "Ann", 0, {"body": (LONG,)}))
    assert rows(limited, "select count(*) from reviews") == [(0,)]
    decide(limited, Decision(first, "edit", "Ann", 0, {"body": ("Plain mugs",)}))
    assert rows(limited, "select status from copies where id = :id", id=first) == [("edited",)]
    assert second


def test_of_many_decisions_the_one_that_the_database_refuses_costs_no_other(limited: Database) -> None:
    night(limited, [["Mugs"], [LONG], ["Cups"]])
    rows(limited, "update runs set status = 'completed', planned = 3, generated = 3, finished_at = now()")
    ids = [row[0] for row in rows(limited, "select id from copies order by id")]
    refused = decide_each(limited, [Decision(number, "approve", "Ann", 0) for number in ids])
    assert refused == [f"copy {ids[1]} may not be approved: body is 4, the limit is 3"]
    assert [row[0] for row in rows(limited, "select status from copies order by id")] == [
        "approved", "candidate", "approved",
    ]  # fmt: skip


def test_a_channel_without_limits_holds_nothing_back(database: Database) -> None:
    run_id, _ = night(database, [[LONG]])
    assert select_best(database, run_id) == 1
