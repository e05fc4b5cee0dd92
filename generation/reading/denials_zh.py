"""Chinese words that deny what follows, or answer a question with no: 不是真皮, 不打折, 是整块木头吗？不是。

What a copy denies it doesn't claim. English denials are the lexicon's and the packs' own.
"""

import re

from generation.reading.looks import look_for

_BEFORE = re.compile(
    r"(?:(?<!是)(?:并)?不是|并非|绝非|算不上|谈不上|称不上|说不上|不敢(?:说|称)(?:自己)?|不(?:含|带|提供|参加|参与|支持|承诺|保证|具备|属于|等于|代表|宣称|吹嘘?|谈|讲|卖|做|搞|玩|靠|适用于?|用于|能替代)"
    r"|(?<![有无])没有?|无需|未(?:经|获|做|添加|使用)?|从不|拒绝|别指望|请勿|不能|不会|(?<![得可无绝毫要])不)"
    r"(?:它|这是|是|什么|任何|所谓的?|那种|一个|一块|整块|整张|真正的?|参加|搞|做|靠|有|能|会){0,3}\Z"
)
# 不治好不收费 promises, 没有之一 boasts.
_BOTH = re.compile(r"[^,。;!?、]{0,3}(?:不|之一|比不)")
_ANSWERED = re.compile(
    r"[^,。;!?]{0,8}\?\s?(?:抱歉|很遗憾|可惜|当然|真的|其实|并|都)?[,、]?(?:不(?![如妨妙管用只仅])|没(?!关系|问题)|无(?!论)|非(?!常))"
)
_may_be_denied = look_for([re.compile(r"[不没无未非勿]|拒绝|别指望")])


def may_deny(text: str) -> bool:
    """Whether a normalised text may hold such words."""
    return not text.isascii() and _may_be_denied(text)


def denied(text: str, start: int, end: int) -> bool:
    """Whether a normalised line denies what stands between."""
    if _BEFORE.search(text, max(0, start - 14), start):
        return _BOTH.match(text, end) is None
    return _ANSWERED.match(text, end) is not None
