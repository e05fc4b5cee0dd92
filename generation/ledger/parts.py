"""Which part of a product Chinese copy says to be of a material, and which the record does: cover and filling.

Parts are the record's own attributes (面料: 棉, 填充物: 桑蚕丝). English copy isn't looked at. Whether a material is
known at all is ``generation.ledger.materials``'s.
"""

import re
from functools import lru_cache

from generation.ledger.facts import Facts
from generation.ledger.lexicon import Lexicon
from generation.reading.text import normal

_ATTRIBUTE = "products.attributes."
# What names all of a thing, or its colour and size, and no part of it.
_WHOLE = re.compile(
    r"材质|材料|成分|质地|主材|用料|颜色|色|尺寸|规格|数量|包装|配件|配送|清单|适[用合]|类|型号?|品牌|产地|工艺|风格|图案|香|功能"
)
# A part's other names: where the record says 填充物, a copy says 填充 or 里面.
_ALIASES: tuple[tuple[str, ...], ...] = (
    ("填充物", "填充", "内芯", "芯", "填料", "里面是"),
    ("面料", "外面", "表面", "鞋面", "面层", "外层", "外壳"),
    ("里料", "内里", "内衬", "衬里", "里布", "里子"),
    ("鞋底", "大底"),
    ("刀身", "刀刃", "刃"),
    ("刀柄", "手柄", "把手", "柄"),
    ("桌面", "台面"),
    ("桌腿", "桌脚", "腿"),
    ("杯盖", "盖子", "锅盖", "壶盖"),
)
_EVERY = re.compile(
    r"正反(?:两面)?|两面|里外|内外|里里外外|从里到外|由内而外|从内到外|上上下下|通体|全身|整[只个把张条床双件]|处处|从头到[尾脚]|一体"
    r"|从[一-鿿]{1,4}到[一-鿿]{1,5}?(?=,?[都全也皆是])"
)
_ALL = re.compile(r"[都全皆均同也]|一样|同[为是]")
_CLAUSE = re.compile(r"[,.;:!?、。()|]|[和与跟]")
_JOINS = re.compile(r"(?:是|为|用的?是?|采用|选用|选了|用了|都是|做成|:| )?\Z")
_LONGEST = 16  # characters of an attribute's name and of a clause's part before the material


@lru_cache(maxsize=256)
def _parts_of(sources: tuple, lexicon: Lexicon) -> tuple[tuple[tuple[str, ...], str], ...]:  # type: ignore[type-arg]
    """Each part's names with what its value says, where it says a material."""
    found = []
    for source in sources:
        name = normal(source.column.removeprefix(_ATTRIBUTE))
        if not source.column.startswith(_ATTRIBUTE) or len(name) > _LONGEST or _WHOLE.search(name):
            continue
        if _materials(source.text, lexicon):
            names = next((group for group in _ALIASES if name in group), (name,))
            found.append((tuple(dict.fromkeys((name, *names))), source.text))
    taken = [name for names, _ in found for name in names[:1]]
    return tuple(
        (tuple(each for each in names if each == names[0] or each not in taken), text) for names, text in found
    )


def _materials(text: str, lexicon: Lexicon) -> bool:
    return any(lexicon.kinds[word] == "material" for word in lexicon.known_in(text)) or text in _SHORT


_SHORT = frozenset("棉麻丝木竹铁铜钢银铝瓷皮布")


def of_other_part(text: str, start: int, word: str, lexicon: Lexicon, facts: Facts) -> str | None:
    """The part that a line says to be of a material and the record has of another, or None."""
    if word.isascii():
        return None
    parts = _parts_of(facts.sources, lexicon)
    if not parts:
        return None
    begun = max((match.end() for match in _CLAUSE.finditer(text, 0, start)), default=0)
    ends = _CLAUSE.search(text, start + len(word))
    before, after = text[begun:start], text[start + len(word) : ends.start() if ends else len(text)]
    says = (
        *lexicon.says(word),
        *(each for each in word if each in _SHORT and word in ("纯棉", "全棉", "棉布", "棉麻")),
    )
    wrong = [names[0] for names, value in parts if not any(each in value for each in says)]
    if not wrong:
        return None
    sentence = text[max(text.rfind(mark, 0, start) for mark in "。!?;") + 1 : start]
    if len(parts) > 1 and _EVERY.search(sentence) and (_ALL.search(before) or _EVERY.search(before)):
        return wrong[0]
    part = _nearest(before, after, parts, lexicon)
    return part if part in wrong else None


def _nearest(before: str, after: str, parts: tuple[tuple[tuple[str, ...], str], ...], lexicon: Lexicon) -> str | None:
    """The part that a clause says a material of: 桌腿是橡胶木, 天然橡胶面, 配上不锈钢手柄."""
    named = [(before.rfind(name), len(name), names[0]) for names, _ in parts for name in names if name in before]
    behind = [
        (-after.find(name), len(name), names[0])
        for names, _ in parts
        for name in names
        if name in after[: len(name) + 3]
    ]
    nearest, following = max(named, default=None), max(behind, default=None)
    joined = nearest is not None and _JOINS.match(before, nearest[0] + nearest[1])
    if following and not joined and -following[0] <= 1:  # 不锈钢手柄, 不锈钢的手柄
        return following[2]
    if nearest:
        # 松木框架绷着亚麻: the part has its own already.
        return None if _has_its_own(before, nearest, lexicon) else nearest[2]
    return following[2] if following else None


def _has_its_own(before: str, named: tuple[int, int, str], lexicon: Lexicon) -> bool:
    """Whether a part that is named has a material at its side already."""
    at, length, _ = named
    return any(
        lexicon.kinds[each] == "material" and (before[:at].endswith(each) or each in before[at + length :])
        for each in lexicon.known_in(before)
    )
