"""Chinese numerals, told in one step and in two."""

from decimal import Decimal

import pytest

from generation.reading.numbers import numbers_in
from generation.reading.numerals import about
from generation.reading.text import normal


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("一口九斤二两的锅", "9.2", "jin"), ("三斤半排骨", "3.5", "jin"), ("一米八的床", "1.8", "m"),
        ("长2米3", "2.3", "m"),
        ("九块九", "9.9", "cny"), ("一百九十九块", "199", "cny"), ("一个半小时", "1.5", "h"), ("十二个钟头", "12", "h"),
        ("半升牛奶", "0.5", "l"), ("一升半", "1.5", "l"), ("八成棉", "80", "%"),
        ("九成五是棉", "95", "%"), ("六十四页", "64", "piece"),
    ],
)  # fmt: skip
def test_a_chinese_quantity_is_one_number_with_its_unit(text: str, value: str, unit: str) -> None:
    assert [(set(stated.values), stated.unit) for stated in numbers_in(normal(text))] == [({Decimal(value)}, unit)]


@pytest.mark.parametrize("text", ["两三颗八角", "三五天", "两三件衣服", "八成会下雨", "一块一块装回袋里", "忙了半天"])
def test_what_is_about_as_many_of_anything_is_no_number(text: str) -> None:
    assert not list(numbers_in(normal(text)))


def test_a_measure_between_two_numbers_may_be_either() -> None:
    (stated,) = numbers_in("能装七八升水")
    assert stated.values == {7, 8}
    assert about("八五") is None


def test_a_full_width_comma_parts_two_numbers() -> None:
    told = [stated.values for stated in numbers_in(normal("满500减60，599元"))]
    assert told == [{500}, {60}, {599}]
