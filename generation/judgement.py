"""Under which rules a copy was judged: the digest of all that may change the verdict on given words.

What may change the words is in ``generation.recipe``; what a verdict says of the product is in the content key, for
it changes the words as well. Judging itself is in ``generation.checks`` and ``generation.scoring``.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from generation.channels import load_channel

# The code counts like the data: a mended gate is another verdict on the same words as much as another limit is, and
# a version number would have to be remembered. prompts.py belongs here because a copy may state what its prompt
# showed. The price, judging again after an edit that changes no verdict, is a small part of what writing costs.
CODE = (
    "calibration.py", "checks.py", "counting.py", "guards.py", "parsing.py", "prompts.py", "readability.py",
    "repetition.py", "scoring.py", "shape.py", "stages.py",
)  # fmt: skip
FOLDERS = ("kinds", "ledger", "reading")  # all that is in them
DATA = (
    "figures.yaml", "kinds.yaml", "scoring.yaml", "readability.yaml", "stages.yaml", "voices.yaml",
    "corpus/words-zh-CN.txt", "corpus/zh-CN.yaml",
)  # fmt: skip


@cache
def judgement(channel: str) -> str:
    """The digest for one channel: its rules, the policies, what the score is made of and the code that applies them.

    Raises UnknownChannel.
    """
    templates, code = files("templates"), files("generation")
    policies = sorted((templates / "policies").iterdir(), key=lambda pack: pack.name)
    sources = (*policies, *(templates.joinpath(*name.split("/")) for name in DATA), *_modules(code))
    told = [source.read_text("utf-8") for source in sources]
    return hashlib.sha256(json.dumps([_rules(channel), *told], sort_keys=True).encode()).hexdigest()


def _modules(code: Traversable) -> Iterator[Traversable]:
    yield from (code / name for name in CODE)
    for folder in FOLDERS:
        modules = sorted((code / folder).iterdir(), key=lambda module: module.name)
        yield from (module for module in modules if module.name.endswith(".py"))


def _rules(channel: str) -> dict[str, Any]:
    """The channel's specification without what people and prompts are told of it."""
    spec: dict[str, Any] = _bare(asdict(load_channel(channel)))
    return spec


_TOLD = frozenset({"title", "guidance", "source_url", "verified_on", "sure"})


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _bare(value) for name, value in part.items() if name not in _TOLD}
    return [_bare(value) for value in part] if isinstance(part, tuple | list) else part
