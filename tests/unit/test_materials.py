"""A coat, a colour or a share of a material isn't the material, and what is told as such is."""

from decimal import Decimal

import pytest

from generation.channels import load_channel
from generation.checks import check_fields
from generation.records import Brief, Campaign, Product, Segment


def passes(line: str, attributes: dict[str, str], locale: str = "en-US", title: str = "Hall Bench") -> bool:
    """Whether a push notification with the line may run for a product of these attributes."""
    product = Product("p", title, "Nordhem", price=Decimal("49.90"), currency="USD", attributes=attributes)
    brief = Brief(1, Campaign(1, "c", market="us"), product, Segment("s", "Readers"), "push", locale)
    return check_fields({"title": (product.title,), "body": (line,)}, brief, load_channel("push")) is None


STAINED = {"Material": "pine", "Finish": "oak-coloured stain"}
PLATED = {"Material": "brass", "Plating": "18 ct gold"}
COATED = {"Material": "aluminium", "Coating": "ceramic"}
BLEND = {"Fabric": "55% wool, 45% polyester"}
RECYCLED = {"Fabric": "70% recycled polyester"}


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        ("A bench in solid oak.", STAINED),
        ("An oak bench for the hall.", STAINED),
        ("A leaf in 18 ct gold.", PLATED),
        ("Made of pure gold, it shines.", PLATED),
        ("A pan of pure ceramic.", COATED),
        ("It is ceramic through and through.", COATED),
        ("Pure wool for cold days.", BLEND),
        ("All wool, all day.", BLEND),
        ("Made entirely from recycled bottles.", RECYCLED),
    ],
)
def test_a_layer_or_a_share_is_not_sold_as_the_whole(line: str, attributes: dict[str, str]) -> None:
    assert not passes(line, attributes)


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        ("Pine with an oak-coloured stain.", STAINED),
        ("A bench in solid pine.", STAINED),
        ("Brass with 18 ct gold plating.", PLATED),
        ("18 ct gold-plated brass on a chain.", PLATED),
        ("A ceramic coating that lets go of eggs.", COATED),
        ("Wool with polyester for cold days.", BLEND),
        ("Sewn from recycled polyester.", RECYCLED),
    ],
)
def test_what_is_told_as_the_record_has_it_passes(line: str, attributes: dict[str, str]) -> None:
    assert passes(line, attributes)


def test_a_chinese_colour_of_wood_is_no_wood() -> None:
    board = {"材质": "楠竹", "颜色": "胡桃木色"}
    assert passes("楠竹砧板，胡桃木色边框。", board, "zh-CN", "竹砧板")
    assert not passes("整块胡桃木砧板，切菜不滑。", board, "zh-CN", "竹砧板")
    assert not passes("纯羊毛盖毯，暖到春天。", {"材质": "30%羊毛，70%腈纶"}, "zh-CN", "盖毯")
