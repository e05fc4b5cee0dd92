"""Rated copies out of a file: each row a score or a reason, and none costs another."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from generation.labels import BadLabels, Label, Refused, read_labels

WHOLE: dict[str, Any] = {
    "rating": "4", "channel": "push", "locale": "en-US", "title": "Oak Stool", "brand": "Nordhem", "price": "49.90",
    "currency": "USD", "attributes": '{"Colour": "red"}', "segment": "Hikers", "interests": "day hikes; tea",
    "copy": "title: Nordhem Oak Stool\nbody: In red at $49.90, for tea after day hikes.",
}  # fmt: skip


def csv_file(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "rated.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def json_file(folder: Path, *rows: object) -> Path:
    path = folder / "rated.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), "utf-8")
    return path


def test_a_row_with_its_brief_is_scored_as_a_run_would(tmp_path: Path) -> None:
    (label,) = read_labels(csv_file(tmp_path, WHOLE))
    assert isinstance(label, Label)
    assert (label.rating, label.copy_id, label.locale) == (4, None, "en-US")
    assert label.raw == 100


def test_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    fields = {"title": ["Nordhem Oak Stool"], "body": ["In red at $49.90, for tea after day hikes."]}
    row = {**WHOLE, "rating": 4, "price": 49.9, "attributes": {"Colour": "red"}, "interests": ["day hikes", "tea"]}
    del row["copy"]
    (one,) = read_labels(json_file(tmp_path, {**row, "fields": fields}))
    (other,) = read_labels(csv_file(tmp_path, WHOLE))
    assert isinstance(one, Label) and isinstance(other, Label)  # noqa: PT018
    assert (one.raw, one.rating, one.locale) == (other.raw, other.rating, other.locale)


def test_a_stored_copys_number_is_enough(tmp_path: Path) -> None:
    assert read_labels(csv_file(tmp_path, {"copy_id": "812", "rating": "2.5"})) == [Label(2, 2.5, 812)]


def test_a_copy_that_a_gate_refuses_has_no_score(tmp_path: Path) -> None:
    copy = "title: Oak Stool\nbody: Now only $9.90!"
    (label,) = read_labels(csv_file(tmp_path, {**WHOLE, "copy": copy}))
    assert isinstance(label, Label)
    assert label.raw is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rating": "good"}, "the rating is no number: 'good'"),
        ({"rating": ""}, "the rating is no number: ''"),
        ({"rating": "nan"}, "the rating is no number: 'nan'"),
        ({"copy_id": "x1"}, "invalid literal"),
        ({"title": ""}, "neither copy_id nor the product's title is there"),
        ({"locale": "de-DE"}, "no locale 'de-DE'; there are en-US, zh-CN"),
        ({"channel": "fax"}, "no channel 'fax'"),
        ({"channel": "question_answer"}, "a copy of question_answer is rated by its copy_id"),
        ({"currency": ""}, "a price has a currency"),
        ({"price": "cheap"}, "ConversionSyntax"),
        ({"attributes": "red"}, "Expecting value"),
        ({"attributes": '["red"]'}, "attributes is no JSON object"),
        ({"copy": ""}, "neither copy"),
        ({"fields": "[]"}, "fields is no JSON object of lists"),
        ({"mean_logprob": "sure"}, "could not convert"),
    ],
)
def test_a_row_that_is_no_label_says_why_and_costs_no_other(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    bad, good = read_labels(csv_file(tmp_path, {**WHOLE, **change}, {**WHOLE, "rating": "5"}))
    assert isinstance(bad, Refused)
    assert reason in bad.reason
    assert isinstance(good, Label)
    assert (good.rating, good.raw) == (5, 100)


def test_a_line_that_is_no_json_object_is_refused_with_its_number(tmp_path: Path) -> None:
    found = read_labels(json_file(tmp_path, '{"rating": 4, ', "[4]", {"rating": 3, "copy_id": 9}))
    assert [each.line for each in found] == [1, 2, 3]
    assert [type(each) for each in found] == [Refused, Refused, Label]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"score,copy\n1,x\n", "names no column rating"),
        (b"", "names no column rating"),
        (b"rating,copy_id\n", "holds no labels"),
        (b"\xff\xfer\x00a\x00", "no UTF-8"),
    ],
)
def test_a_file_that_holds_no_labels_is_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rated.csv"
    path.write_bytes(content)
    with pytest.raises(BadLabels, match=message) as caught:
        read_labels(path)
    assert "\n" not in str(caught.value)
