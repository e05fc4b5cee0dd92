"""What may change the words and what only the verdict on them: two digests, and which edits move which."""

import ast
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from generation import judgement
from generation.prompts import TemplateSet
from generation.recipe import recipe
from generation.records import Brief, Fields

GENERATION = Path(judgement.__file__).parent


Edit = Callable[[str, str, str], None]


def digests(channel: str = "google_rsa", overrides: dict[str, str] | None = None) -> tuple[str, str]:
    return recipe(channel, "en-US", "demo", "w", TemplateSet(overrides)), judgement.judgement(channel)


WORDS, VERDICT = (True, False), (False, True)


@pytest.mark.parametrize(
    ("file", "old", "new", "moved"),
    [
        ("prompts/en-US/google_rsa.j2", "search ad", "search advert", WORDS),
        ("prompts/en-US/_brief.j2", "Audience: ", "Audience:  ", WORDS),
        ("channels/google_rsa.yaml", "ask: 4", "ask: 3", (True, True)),
        ("channels/google_rsa.yaml", "en-US: at most 30 characters", "en-US: at most 28 characters", WORDS),
        ("channels/google_rsa.yaml", "zh-CN: 每行不超过15个汉字", "zh-CN: 每行不超过14个汉字", (False, False)),
        ("channels/google_rsa.yaml", "en-US: at most 15 characters", "en-US: at most 12 characters", (False, False)),
        ("channels/google_rsa.yaml", "title: Google responsive search ad", "title: Google's ad", (False, False)),
        ("channels/google_rsa.yaml", "answer/7684791", "answer/1", (False, False)),
        ("channels/google_rsa.yaml", "hard_limit: 30", "hard_limit: 28", VERDICT),
        ("channels/google_rsa.yaml", "hard_limit: 90", "soft_limit: 90", VERDICT),
        ("channels/google_rsa.yaml", "minimum: 3", "minimum: 2", VERDICT),
        ("channels/google_rsa.yaml", "maximum: 15", "maximum: 12", VERDICT),
        ("channels/google_rsa.yaml", "counter: google_width", "counter: code_points", VERDICT),
        ("channels/google_rsa.yaml", 'forbidden: "/ "', 'forbidden: "/"', VERDICT),
        ("channels/google_rsa.yaml", "emoji: false", "emoji: true", VERDICT),
        ("channels/google_rsa.yaml", "exclamations: 0", "exclamations: 1", VERDICT),
        ("channels/google_rsa.yaml", "distinct: true", "distinct: false", VERDICT),
        ("channels/google_rsa.yaml", "[alone, capitals, plain_signs]", "[capitals, plain_signs]", VERDICT),
        ("channels/google_rsa.yaml", '"2026-11-25"', '"2027-01-01"', (False, False)),
        ("channels/google_rsa.yaml", "sure: s", "sure: S", (False, False)),
        ("channels/_wording.yaml", "|whereas)", "|whereas|albeit)", VERDICT),
        ("channels/_wording.yaml", "answer/14847994", "answer/1", (False, False)),
        ("channels/_wording.yaml", "领英", "领英网", (False, False)),
        ("channels/email.yaml", "soft_limit: 50", "soft_limit: 40", (False, False)),
        ("policies/basic.yaml", "免费|包邮", "免费|包邮|免运费", VERDICT),
        ("scoring.yaml", "facts: 25", "facts: 24", VERDICT),
        ("readability.yaml", "poor: 30", "poor: 31", VERDICT),
        ("voices.yaml", "plain, simple", "plain", VERDICT),
        ("corpus/words-zh-CN.txt", "卫衣", "卫", VERDICT),
        ("stages.yaml", "steady:", "steady :", VERDICT),
        ("kinds.yaml", "pathetic|", "", VERDICT),
        ("prompts/en-US/judge.j2", "You judge", "You rate", (False, False)),
        ("corpus/en-US.yaml", "the", "a", (False, False)),
    ],
)
def test_an_edit_moves_the_digest_of_what_it_may_change_and_no_other(
    edit_templates: Edit, file: str, old: str, new: str, moved: tuple[bool, bool]
) -> None:
    before = digests()
    edit_templates(file, old, new)
    assert tuple(a != b for a, b in zip(before, digests(), strict=True)) == moved


def test_a_new_policy_pack_is_another_verdict(edit_templates: Edit) -> None:
    before = digests()
    edit_templates("policies/de.yaml", "", "blocked: {}")
    assert [a != b for a, b in zip(before, digests(), strict=True)] == [False, True]


SHOWS_A_LIMIT = (
    '{% extends "en-US/_brief.j2" %}{% block channel %}{% for f in channel.fields %}{{ f.hard_limit }} {% endfor %}'
    "{% endblock %}"
)
SHOWS_A_LIMIT_WITHOUT_A_PRICE = SHOWS_A_LIMIT.replace("{{", "{% if not product.price %}{{").replace(
    "}}", "}}{% endif %}"
)
WANTS_WHAT_THE_CATALOGUE_HAS = SHOWS_A_LIMIT + "{% block user %}{{ dict(product.attributes)['Width'] }}{% endblock %}"


@pytest.mark.parametrize("template", [SHOWS_A_LIMIT, SHOWS_A_LIMIT_WITHOUT_A_PRICE, WANTS_WHAT_THE_CATALOGUE_HAS])
def test_a_limit_that_a_users_own_template_shows_may_change_the_words(edit_templates: Edit, template: str) -> None:
    overrides = {"en-US/google_rsa.j2": template}
    before = digests(overrides=overrides)
    edit_templates("channels/google_rsa.yaml", "hard_limit: 30", "hard_limit: 28")
    assert [a != b for a, b in zip(before, digests(overrides=overrides), strict=True)] == [True, True]


def test_the_model_and_its_weights_may_change_the_words() -> None:
    models = [("demo", "w"), ("demo", "v"), ("other", "w")]
    assert len({recipe("sms", "en-US", *model, TemplateSet()) for model in models}) == 3


def test_code_that_judges_is_another_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(GENERATION, tmp_path / "generation", ignore=shutil.ignore_patterns("demo_model", "__pycache__"))
    own = {"generation": tmp_path / "generation", "templates": files("templates")}
    monkeypatch.setattr("generation.judgement.files", own.get)
    seen = {judgement.judgement.__wrapped__("sms")}
    modules = judging_modules(tmp_path / "generation")
    for module in modules:
        with module.open("a", encoding="utf-8") as file:
            file.write("# a mended gate\n")
        seen.add(judgement.judgement.__wrapped__("sms"))
    assert len(seen) == 1 + len(modules) > 40


def judging_modules(room: Path) -> set[Path]:
    """All that checks and scoring import, and what that imports."""
    data = {"channels", "records", "judgement"}  # their values are digested, or they hold no rule
    seen, waiting = set[Path](), [room / "checks.py", room / "scoring.py"]
    while waiting:
        if (path := waiting.pop()) in seen:
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("generation."):
                parts = (node.module or "").split(".")[1:]
                waiting += [room.joinpath(*parts).with_suffix(".py")] if parts[-1] not in data else []
    return seen


def test_every_module_that_judging_goes_through_is_in_the_digest() -> None:
    names = {path.relative_to(GENERATION).as_posix() for path in judging_modules(GENERATION)}
    apart = {name for name in names if name.split("/")[0] not in judgement.FOLDERS}
    assert apart == set(judgement.CODE)


@pytest.mark.parametrize(
    ("channel", "file", "old", "new", "moved"),
    [
        ("email", "stages.yaml", "en-US: they buy here now and then", "en-US: they buy now and then", (True, True)),
        ("sms", "prompts/en-US/_brief.j2", "Customers: ", "They are: ", WORDS),
        ("question_answer", "prompts/en-US/question_answer.j2", "Question: ", "Asked: ", WORDS),
        ("buying_guide", "prompts/en-US/buying_guide.j2", "Second product: ", "The other: ", WORDS),
        ("review_digest", "prompts/en-US/review_digest.j2", "Based on 1 customer", "From 1 customer", WORDS),
        ("review_digest", "prompts/en-US/review_digest.j2", "reviews written on", "reviews of", WORDS),
        ("persona_card", "prompts/en-US/persona_card.j2", "Needs: ", "They need: ", WORDS),
        ("buying_guide", "channels/buying_guide.yaml", "of: other", "of: product", VERDICT),
        ("recommendation", "channels/_wording.yaml", "猜(?:您|你)", "猜您", VERDICT),
    ],
)
def test_an_edit_of_another_kind_moves_the_digest_of_what_it_may_change(
    edit_templates: Edit, channel: str, file: str, old: str, new: str, moved: tuple[bool, bool]
) -> None:
    before = digests(channel)
    edit_templates(file, old, new)
    assert tuple(a != b for a, b in zip(before, digests(channel), strict=True)) == moved


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("question_answer", "How big is the mug?"),
        ("buying_guide", "Cup"),
        ("review_digest", "Based on 2 customer reviews written from January 2, 2026 to March 4, 2026."),
        ("persona_card", "maps"),
        ("push", "Invite them back"),
    ],
)
def test_the_made_up_briefs_show_all_that_a_channel_is_about(
    monkeypatch: pytest.MonkeyPatch, channel: str, shown: str
) -> None:
    texts: list[str] = []
    pieces = TemplateSet.pieces

    def kept(self: TemplateSet, brief: Brief, copy: Fields | None = None) -> tuple[list[str], list[str]]:
        system, user = pieces(self, brief, copy)
        texts.append("".join((*system, *user)))
        return system, user

    monkeypatch.setattr(TemplateSet, "pieces", kept)
    recipe(channel, "en-US", "demo", "w", TemplateSet())
    assert any(shown in text for text in texts)
