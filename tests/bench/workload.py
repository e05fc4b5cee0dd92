"""The benches' shop: an embedded PostgreSQL of its own with made-up products and segments, and a night's work on it.

A night here is what ``flows.nightly`` does, function by function, without Prefect around it.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partialmethod
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from generation.corpus import examples
from generation.engine import SHIPPED_MODEL, Engine, EngineOptions, load_tokenizer
from generation.evaluation import DEMO_SAMPLING
from generation.prompts import PromptRenderer
from generation.records import Brief, Product, Prompt, Segment
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database, migrate, open_database
from sql.plan import Planned, Selection, plan, read_briefs
from sql.runs import set_running, start_run

ROOT = Path(__file__).parents[2]
SEED = 4_104_713  # of the corpus; neither training nor validation draws from it
CAMPAIGN = "bench"
LOCALE = "en-US"
SAVE_EVERY = 256  # as COPYDESK_SAVE_EVERY has it by default
OPTIONS = EngineOptions(kv_cache_gib=1)


@contextmanager
def shop(
    *, products: int, segments: int, channels: Sequence[str] = ("push",), variants: int = 1, max_tokens: int = 96
) -> Iterator[Database]:
    """A database with so many products and segments and one campaign over all of them, in a server of its own."""
    campaign = CampaignSpec(
        CAMPAIGN,
        channels,
        [LOCALE],
        variants=variants,
        brand_voice="warm and plain",
        sampling=replace(DEMO_SAMPLING, max_tokens=max_tokens),
    )
    with TemporaryDirectory(prefix="copydesk-bench-") as folder, open_database(None, Path(folder)) as database:
        migrate(database)
        upsert_products(database, made_up_products(products))
        upsert_segments(database, made_up_segments(segments))
        upsert_campaign(database, campaign)
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("vacuum analyze")
        yield database


def made_up_products(count: int) -> Iterator[Product]:
    """The same products for the same count, in the order of their ids."""
    for number, example in enumerate(islice(examples(SEED, replies=0, locales=(LOCALE,)), count)):
        yield replace(example.brief.product, id=f"p{number:07}")


def made_up_segments(count: int) -> Iterator[Segment]:
    """The same segments for the same count."""
    for number, example in enumerate(islice(examples(SEED + 1, replies=0, locales=(LOCALE,)), count)):
        yield replace(example.brief.segment, id=f"s{number:04}")


def url_of(database: Database) -> str:
    """Where another process finds the database."""
    return database.engine.url.render_as_string(hide_password=False)


def begin_run(database: Database) -> tuple[int, Planned]:
    """A new run over all that the campaign asks for, planned."""
    run_id = start_run(database, parameters={}, model="bench", model_revision="bench")
    selection = Selection(read_campaign(database, CAMPAIGN))
    planned = plan(database, run_id, selection, dict.fromkeys(selection.cells(), "bench"))
    set_running(database, run_id)
    return run_id, planned


def forget_runs(database: Database) -> None:
    """As before the first night: products, segments and the campaign are all there is."""
    with database.begin() as connection:
        connection.exec_driver_sql("truncate runs, openings restart identity cascade")


def pending_briefs(database: Database) -> list[Brief]:
    """Every brief of a new run, in the order of the engine, none of them written."""
    forget_runs(database)
    run_id, _ = begin_run(database)
    return list(read_briefs(database, run_id, 0))


def renderer_for(engine: Engine | None) -> PromptRenderer:
    """A renderer with nothing cached; without an engine, for the shipped model."""
    if engine is None:
        return PromptRenderer(load_tokenizer(str(SHIPPED_MODEL)), 2048)
    return PromptRenderer(engine.tokenizer, engine.max_model_len)


class Recorder(PromptRenderer):
    """A renderer that keeps its prompts, in order, for the other side to be given."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.tokenizer, engine.max_model_len)
        self.prompts: list[Prompt] = []

    def render(self, brief: Brief) -> Prompt:
        """As the renderer does."""
        prompt = super().render(brief)
        self.prompts.append(prompt)
        return prompt


@dataclass(frozen=True, slots=True)
class Written:
    """What writing took: output tokens of every draft, and seconds from the first read to the last save."""

    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Output tokens per second."""
        return self.tokens / self.seconds


def write(
    database: Database, run_id: int, engine: Engine, renderer: PromptRenderer, save_every: int = SAVE_EVERY
) -> Written:
    """Database to database, with the second attempts: what ``flows.nightly.generate_copy`` calls."""
    from flows.budget import Budget, Limits
    from flows.progress import Progress
    from flows.writing import write_pending

    progress = Progress(total=0)
    started = time.perf_counter()
    budget = Budget(Limits(datetime.now(UTC)))
    write_pending(database, run_id, engine, renderer, budget=budget, progress=progress, save_every=save_every)
    return Written(progress.output_tokens, time.perf_counter() - started)


def empty_cache(engine: Engine) -> None:
    """Forget every cached prefix, so that no side lives on what the other computed."""
    engine._engine.reset_prefix_cache()


@contextmanager
def engine_arguments(**more: Any) -> Iterator[None]:
    """Meanwhile engines are built with further arguments of vLLM's, such as no setting of copydesk's carries."""
    from vllm.engine.arg_utils import EngineArgs

    # In place: modules that import the class meanwhile must get the class.
    with patch.object(EngineArgs, "__init__", partialmethod(EngineArgs.__init__, **more)):
        yield
