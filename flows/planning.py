"""From a run's parameters to what sql plans: the campaigns, their selections and recipes; and the dry run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flows.budget import Limits, limits_of
from flows.forecast import Forecast, forecast_line, foresee
from flows.parameters import RunParameters
from flows.settings import Settings
from generation.calibration import Calibration
from generation.channels import LOCALES, Channel, channel_names, load_channel
from generation.engine import context_length, load_tokenizer
from generation.judgement import judgement
from generation.judging import judge_name
from generation.prompts import PromptRenderer, TemplateSet
from generation.recipe import model_name, model_revision, recipe
from generation.records import Brief
from sql.calibrations import read_calibrations
from sql.catalogue import CampaignSpec, list_campaigns, read_campaign
from sql.database import Database
from sql.evidence import note_prices
from sql.history import Place, read_history
from sql.limits import Limit, keep_limits
from sql.plan import Judgements, NothingToPlan, Planned, Recipes, Selection, preview
from sql.promotions import expire

PROMPTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would do, and some of its prompts as a person reads them, under a line that says whose they are."""

    planned: Planned
    prompts: tuple[tuple[str, str], ...]
    forecast: Forecast | None
    foretold: str  # the forecast in a line


def channel_limits() -> list[Limit]:
    """Every channel's hard limits, as the database holds copy to them."""
    return [limit for name in channel_names() for limit in _limits(load_channel(name))]


def _limits(channel: Channel) -> Iterator[Limit]:
    for place, spec in enumerate(channel.fields):
        yield Limit(channel.channel, place, spec.name, spec.minimum, spec.maximum, spec.counter, spec.hard_limit)
    if payload := channel.payload:
        yield Limit(channel.channel, len(channel.fields), None, 0, None, payload.counter, payload.hard_limit)


def open_the_day(database: Database) -> int:
    """What a run begins with: today's limits and prices are noted, copy whose promotion has ended is withdrawn.

    How many copies that were.
    """
    keep_limits(database, channel_limits())
    note_prices(database)
    return expire(database)


def run_limits(settings: Settings, parameters: RunParameters) -> Limits:
    """The limits of a run that starts now. Raises BadDeadline and, for the time zone, SettingsError."""
    return limits_of(parameters.deadline, parameters.max_tokens, datetime.now(settings.zone))


def campaigns_of(database: Database, parameters: RunParameters) -> list[CampaignSpec]:
    """The campaigns that a run covers. Raises UnknownCampaign, or NothingToPlan when there is none at all."""
    if parameters.campaign:
        return [read_campaign(database, parameters.campaign)]
    if campaigns := list_campaigns(database):
        return campaigns
    raise NothingToPlan("there is no campaign yet: load some with `copydesk load campaigns.yaml`")


def all_selections(
    database: Database, settings: Settings, parameters: RunParameters
) -> Iterator[tuple[Selection, Recipes]]:
    """For each campaign, which cells to plan and the recipe of each channel and locale.

    Raises what ``campaigns_of`` raises, UnknownChannel, PromptError for a broken template, EngineError for the model.
    """
    campaigns = campaigns_of(database, parameters)
    weights = model_revision(settings.engine_options.model, settings.model_revision)
    templates = TemplateSet.from_folder(settings.templates)
    for campaign in campaigns:
        selection = Selection(
            campaign,
            product_filter=parameters.products.given(),
            segments=tuple(parameters.segments),
            channels=tuple(parameters.channels),
            locales=tuple(parameters.locales),
            limit=parameters.limit or None,
            floor=settings.segment_floor,
            retry_failed=parameters.retry_failed,
            about={name: load_channel(name).about for name in parameters.channels or campaign.channels},
        )
        recipes = {
            (channel, locale): recipe(channel, locale, settings.engine_options.model, weights, templates)
            for channel, locale in selection.cells()
        }
        yield selection, recipes


def judgements_of(selection: Selection) -> Judgements:
    """The rules that a selection's channels are judged under today."""
    return {channel: judgement(channel) for channel, _ in selection.cells()}


def judges_of(settings: Settings) -> dict[str, str]:
    """Who judges copy in each locale: the model, and the digest of the question. Raises as ``all_selections`` does."""
    options, templates = settings.engine_options, TemplateSet.from_folder(settings.templates)
    weights = model_revision(options.model, settings.model_revision)
    return {locale: judge_name(model_name(options.model), weights, locale, templates) for locale in LOCALES}


def calibrations_of(database: Database) -> dict[str, Calibration]:
    """What scores are shown under, by locale."""
    return {locale: Calibration(knots.raw, knots.shown) for locale, knots in read_calibrations(database).items()}


def require_cells(database: Database, settings: Settings, parameters: RunParameters) -> None:
    """Raises what ``all_selections`` raises, and NothingToPlan when no campaign has a single cell.

    What a person can mend is then said at once, before Prefect and the engine take their time to start.
    """
    empty: NothingToPlan | None = None
    for selection, recipes in all_selections(database, settings, parameters):
        try:
            preview(database, replace(selection, limit=1), recipes, samples=1)
        except NothingToPlan as exc:
            empty = empty or exc
        else:
            return
    if empty:
        raise empty


def dry_run(database: Database, settings: Settings, parameters: RunParameters) -> DryRun:
    """The plan's counts and a few prompts. Loads the tokenizer, never the engine, and writes nothing."""
    options, limits = settings.engine_options, run_limits(settings, parameters)
    renderer = PromptRenderer(
        load_tokenizer(options.model, options.revision),
        min(context_length(options.model, options.revision), settings.max_model_len or 1 << 30),
        TemplateSet.from_folder(settings.templates),
    )
    total, prompts, empty, pending = Planned(), [], None, Counter[Place]()
    for selection, recipes in all_selections(database, settings, parameters):
        try:
            rules = judgements_of(selection)
            planned, briefs, places = preview(database, selection, recipes, PROMPTS_SHOWN, rules)
        except NothingToPlan as exc:
            empty = exc
            continue
        total += planned
        pending.update(places)
        for brief in briefs:
            tokens = len(renderer.render(brief).token_ids)
            prompts.append((f"{_place(brief)} · {tokens} tokens", renderer.text(brief)))
    if empty and not total.planned:
        raise empty
    history = read_history(database, model_name(options.model), model_revision(options.model, options.revision))
    forecast = foresee(history, pending, limits, settings.judge)
    shown = tuple(prompts[:: max(1, len(prompts) // PROMPTS_SHOWN)][:PROMPTS_SHOWN])
    return DryRun(total, shown, forecast, forecast_line(forecast, limits) if total.pending else "")


def _place(brief: Brief) -> str:
    """Whose prompt it is: the campaign, and of which rows the brief is made."""
    told = [brief.campaign.name, brief.channel, brief.locale, brief.product.id, brief.segment.id]
    told += [beside.id for beside in (brief.question, brief.other) if beside is not None]
    return " · ".join(filter(None, told))
