"""`copydesk audit`: the same products for two wordings of an audience; the table, the files and the plot of it.

A rehearsal: nothing is written to the database. What is measured and tested is in ``generation.audit``.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from flows.console import EXIT_FAILED, Json, opened, screen, settings_or_stop, stop, usage_errors
from flows.parameters import Channel, Locale
from flows.settings import Settings

if TYPE_CHECKING:
    from generation.audit import Audit, Difference, Swap
    from generation.engine import Engine
    from generation.records import Outcome, Product

ENOUGH = 100  # products; fewer let a difference of the size that matters go unseen
_ROW, _MARGIN, _WIDTH, _LABELS = 34, 24, 1400, 520  # of the plot, in pixels


def audit(
    products: Annotated[int, typer.Option(min=2, help="From the catalogue; made-up ones where it has fewer.")] = 120,
    attribute: Annotated[list[str] | None, typer.Option(help="What to swap; may be repeated. Else all.")] = None,
    channel: Annotated[Channel, typer.Option(help="Channel.")] = Channel.META_FEED,
    locale: Annotated[Locale, typer.Option(help="Locale.")] = Locale.EN_US,
    variants: Annotated[int, typer.Option(min=1, help="Drafts for each product and wording.")] = 2,
    seed: Annotated[int, typer.Option(help="The same for both wordings.")] = 0,
    level: Annotated[float, typer.Option(min=0.0, max=1.0, help="Corrected p up to which a difference counts.")] = 0.05,
    out: Annotated[Path, typer.Option(help="Folder for audit.json, audit.csv and audit.png.")] = Path("build/audit"),
    as_json: Json = False,
) -> None:
    """Swap one attribute of the audience at a time and compare the copy: offers, score, tone, readability, length.

    Exit status 1 where the two groups aren't offered the same. Writes no copy to the database.

    Example: `copydesk audit --attribute gender --attribute age --products 200`
    """
    from flows.terminal import quiet_libraries

    settings = settings_or_stop()
    quiet_libraries()
    from generation.audit import AuditError, examine, swaps
    from generation.channels import load_channel
    from generation.engine import Engine

    if load_channel(channel.value).about != "audience":
        stop(f"copy for {channel.value} isn't written of a product for an audience: choose another channel")
    try:
        chosen = swaps(locale.value, attribute or ())
    except AuditError as exc:
        stop(exc)
    rows, made_up = _products(settings, products, locale.value)
    if made_up:
        screen.print(f"{made_up} of {len(rows)} products are made up: the catalogue has no more in that language.")
    if len(rows) < ENOUGH:
        screen.print(f"{len(rows)} products are few: with under {ENOUGH} most differences go unseen.")
    with usage_errors(), Engine(settings.engine_options) as engine:
        outcomes = list(_written(engine, settings, rows, chosen, channel.value, locale.value, variants, seed))
    found = examine(outcomes, chosen, rows, seed)
    _keep(found, out, level)
    _show(found, level)
    screen.print(f"In {out}: audit.json, audit.csv, audit.png")
    if as_json:
        print(json.dumps(_as_json(found, level), ensure_ascii=False))
    if unequal := found.unequal_offers(level):
        for line in unequal[:20]:
            screen.print(f"  {line}", markup=False)
        stop(f"the groups aren't offered the same, in {len(unequal)} cases", EXIT_FAILED)


def _products(settings: Settings, count: int, locale: str) -> "tuple[list[Product], int]":
    """The catalogue's products in the locale's language, filled up with made-up ones, and how many those are."""
    from generation.corpus import examples
    from generation.evaluation import VALIDATION_SEED
    from sql.catalogue import sample_products

    chinese = locale.startswith("zh")
    with opened(settings) as database:
        rows = sample_products(database, count, chinese=chinese)
    missing = count - len(rows)
    made_up = (example.brief.product for example in examples(VALIDATION_SEED, locales=(locale,)))
    in_language = (product for product in made_up if product.title.isascii() != chinese)
    return rows + list(islice(in_language, missing)), missing


def _written(
    engine: "Engine",
    settings: Settings,
    products: "Sequence[Product]",
    chosen: "Sequence[Swap]",
    channel: str,
    locale: str,
    variants: int,
    seed: int,
) -> "Iterator[Outcome]":
    from generation.audit import briefs_of
    from generation.evaluation import DEMO_SAMPLING
    from generation.prompts import PromptRenderer, TemplateSet, render
    from generation.records import Failure, Outcome
    from generation.scoring import judge

    renderer = PromptRenderer(engine.tokenizer, engine.max_model_len, TemplateSet.from_folder(settings.templates))
    briefs = briefs_of(products, chosen, channel, locale, replace(DEMO_SAMPLING, seed=seed), variants)
    total = 2 * len(products) * len(chosen)
    with screen.status("Writing …") as status:
        for done, result in enumerate(engine.generate(render(briefs, renderer)), start=1):
            status.update(f"Writing … {done:,} of {total:,}")
            yield Outcome(result.brief, failure=result) if isinstance(result, Failure) else judge(result)


def _keep(found: "Audit", folder: Path, level: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").write_text(json.dumps(_as_json(found, level), ensure_ascii=False, indent=1), "utf-8")
    with (folder / "audit.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["attribute", "first", "second", "measure", "pairs", "mean_first", "mean_second", "low", "high", "p", "q"]
        )
        for one in found.differences:
            figures = (one.first, one.second, one.low, one.high, one.p, one.q)
            writer.writerow(
                [one.attribute, *one.wordings, one.measure, one.pairs, *(f"{figure:.6g}" for figure in figures)]
            )
    plot(found.differences, folder / "audit.png", level)


def _as_json(found: "Audit", level: float) -> dict[str, object]:
    return {
        "level": level,
        "offers_equal": not found.unequal_offers(level),
        "unequal_offers": found.unequal_offers(level),
        "offers_told_to_one_alone": dict(found.told_apart),
        "differences": [asdict(one) | {"significant": one.q <= level} for one in found.differences],
    }


def _show(found: "Audit", level: float) -> None:
    from rich.table import Table

    table: Table = Table("measure", "first", "second", "p", "q", box=None, header_style="bold")
    attribute = ""
    for one in found.differences:
        if one.attribute != attribute:
            attribute = one.attribute
            table.add_row(f"[bold]{escape(attribute)}[/]: {escape(' / '.join(one.wordings))}")
        table.add_row(
            f"  {one.measure}",
            *(f"{mean:.3g}" for mean in (one.first, one.second)),
            *(f"{chance:.4f}" for chance in (one.p, one.q)),
            style="bold yellow" if one.q <= level else None,
        )
    screen.print(table)
    significant = sum(one.q <= level for one in found.differences)
    screen.print(f"{significant} of {len(found.differences)} differences count at q ≤ {level:g}.")
    apart = ", ".join(f"{name} {count}" for name, count in found.told_apart.items() if count)
    screen.print(f"Products of which one group alone was told a price or an offer: {apart or 'none'}.")


def plot(differences: "Sequence[Difference]", path: Path, level: float) -> None:
    """Each difference with its interval as a share of its measure's mean; what counts at the level is red.

    The measures of a swap stand under its two wordings.
    """
    from PIL import Image, ImageDraw, ImageFont

    headings = len({one.attribute for one in differences})
    image = Image.new("RGB", (_WIDTH, _MARGIN * 2 + _ROW * (len(differences) + headings + 1)), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(17)
    shares = [_relative(one) for one in differences]
    reach = max((abs(edge) for share in shares for edge in share), default=0.0) or 1.0
    middle, half = (_LABELS + _WIDTH) / 2, (_WIDTH - _LABELS) / 2 - _MARGIN

    def across(value: float) -> float:
        return middle + half * value / reach

    draw.line([(middle, _MARGIN), (middle, image.height - _MARGIN)], fill="#999999", width=1)
    draw.text((_MARGIN, _MARGIN / 2), "first wording: less | more, as a share of the mean", fill="black", font=font)
    for edge in (-reach, reach):
        draw.text((across(edge) - 30, _MARGIN / 2), f"{edge:+.0%}", fill="#666666", font=font)
    y, attribute = _MARGIN + _ROW / 2, ""
    for one, (low, at, high) in zip(differences, shares, strict=True):
        if one.attribute != attribute:
            attribute, y = one.attribute, y + _ROW
            told = f"{attribute}: {' against '.join(one.wordings)}"
            hanzi = any("\u3400" <= ch <= "\u9fff" for ch in told)  # which Pillow's own font doesn't have
            draw.text((_MARGIN, y - 10), attribute if hanzi else told, fill="black", font=font)
        y += _ROW
        colour = "#c0392b" if one.q <= level else "#34495e"
        draw.text((_MARGIN * 2, y - 10), one.measure, fill=colour, font=font)
        draw.line([(across(low), y), (across(high), y)], fill=colour, width=3)
        draw.ellipse([(across(at) - 5, y - 5), (across(at) + 5, y + 5)], fill=colour)
    image.save(path)


def _relative(one: "Difference") -> tuple[float, float, float]:
    """The interval and the difference as shares of the two means' mean, so that all measures have one scale."""
    scale = (abs(one.first) + abs(one.second)) / 2 or 1.0
    return one.low / scale, (one.first - one.second) / scale, one.high / scale
