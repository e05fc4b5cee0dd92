"""The nightly flow: plan the briefs, judge again what stands, write the missing ones, choose the best, report.

Each task is thousands of rows. Nothing here decides what good copy is (generation) or what is pending (sql); a
run's row in the database is true whatever ends the flow.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow, FlowStateHook
from prefect.runtime import flow_run as this_flow_run
from prefect.server.api.server import SubprocessASGIServer

from flows.artifacts import publish_plan, publish_report
from flows.budget import Budget, Limits
from flows.choosing import choose_waiting
from flows.forecast import Forecast, forecast_line, forecast_run
from flows.judging import judge_waiting
from flows.parameters import RunParameters
from flows.planning import all_selections, calibrations_of, dry_run, judgements_of, judges_of, open_the_day, run_limits
from flows.progress import Progress, tell
from flows.settings import load_settings
from flows.writing import write_pending
from generation.engine import Engine
from generation.judging import digit_tokens
from generation.prompts import PromptRenderer, TemplateSet
from generation.recipe import model_name, model_revision
from generation.scoring import KEPT, judge
from generation.watching import Guard
from sql.choosing import count_unjudged
from sql.database import DatabaseUnavailable, open_database, require_schema
from sql.plan import NothingToPlan, Planned, plan
from sql.runs import (
    RunLock,
    RunSummary,
    end_flow_run,
    finish_run,
    one_run_at_a_time,
    run_summary,
    set_running,
    skip_rest,
    start_run,
)
from sql.verdicts import count_pending, read_drafts, save_verdicts

EVERYTHING = RunParameters()
PROGRESS_SECONDS = 2.0  # how often Prefect's progress artifact moves


def _database_was_away(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Retry when Postgres was out of reach; anything else would fail the same way again."""
    try:
        state.result()
    except DatabaseUnavailable:
        return True
    except Exception:
        return False
    return False


_RETRY: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": [5, 30, 120],
    "retry_condition_fn": _database_was_away,
    "cache_policy": NO_CACHE,
}


@task(name="plan", **_RETRY)
def plan_briefs(run_id: int, parameters: RunParameters, lock: RunLock) -> Planned:
    """Put every brief that is missing or out of date into the database, in one statement a campaign."""
    lock.keep()
    settings, logger = load_settings(), get_run_logger()
    total, empty = Planned(), []
    with open_database(settings.url, settings.data_folder) as database:
        if expired := open_the_day(database):
            logger.info("run %s: %s copies expired with their promotion", run_id, expired)
        for selection, recipes in all_selections(database, settings, parameters):
            try:
                total += (planned := plan(database, run_id, selection, recipes, judgements_of(selection)))
                for remark in planned.remarks:
                    logger.warning("%s", remark)
            except NothingToPlan as exc:
                # One campaign without cells must not cost the others their night, unless it is the one asked for.
                if parameters.campaign:
                    raise
                empty.append(exc)
                logger.warning("%s", exc)
    if empty and not total.planned:
        raise empty[0]
    logger.info(
        "run %s: %s briefs planned, %s to write, %s reused, %s skipped, %s to judge again",
        run_id, total.planned, total.pending, total.reused, total.skipped, total.to_judge,
    )  # fmt: skip
    return total


@task(name="judge again", **_RETRY)
def judge_again(run_id: int, to_judge: int, lock: RunLock) -> int:
    """Judge stored copy under the rules of today, without the engine; how many briefs are then to be written."""
    lock.keep()
    settings = load_settings()
    progress = Progress(total=to_judge, note="judging again")
    tell(progress)
    with open_database(settings.url, settings.data_folder) as database:
        calibrations = calibrations_of(database)
        for drafts in read_drafts(database, run_id, settings.save_every, KEPT):
            verdicts = [judge(generation, calibrations) for generation in drafts]
            save_verdicts(database, run_id, verdicts, settings.segment_floor)
            progress.done += len({generation.brief.id for generation in drafts})
            tell(progress)
        return count_pending(database, run_id)


@task(name="generate", **_RETRY)
def generate_copy(run_id: int, pending: int, limits: Limits, forecast: Forecast | None, lock: RunLock) -> None:
    """Write every pending brief, saving as they finish; a retry of this task takes up where the table stands.

    A brief of which no draft passed the gates gets a second attempt with another seed. What the limits leave no room
    for is skipped. With COPYDESK_JUDGE, the model is then asked what it thinks of each copy that passed.
    """
    lock.keep()
    settings = load_settings()
    progress = Progress(total=pending, foretold=forecast_line(forecast, limits) if pending else "")
    get_run_logger().info("%s", progress.foretold)
    artifact = cast(UUID, create_progress_artifact(progress=0.0, key="copydesk-progress", description=f"Run {run_id}"))
    tell(progress)
    with (
        open_database(settings.url, settings.data_folder) as database,
        Engine(settings.engine_options) as engine,
    ):
        if settings.judge:
            digit_tokens(engine.tokenizer)  # a model that can't judge ends the run before it has cost anything
        renderer = PromptRenderer(engine.tokenizer, engine.max_model_len, TemplateSet.from_folder(settings.templates))
        calibrations = calibrations_of(database)
        guess = forecast.writing_tokens / forecast.briefs if forecast else None
        budget = Budget(limits, spent=run_summary(database, run_id).tokens, guess=guess)
        progress.begin("writing")
        shown = 0.0

        def saved() -> None:
            nonlocal shown
            lock.keep()
            if time.monotonic() - shown > PROGRESS_SECONDS:
                update_progress_artifact(artifact_id=artifact, progress=progress.percent)
                shown = time.monotonic()

        write_pending(
            database, run_id, engine, renderer,
            budget=budget, progress=progress, save_every=settings.save_every, calibrations=calibrations, saved=saved,
        )  # fmt: skip
        if budget.stopped:
            skip_rest(database, run_id, budget.stopped)
        elif settings.judge:
            progress.note = "judging"
            left = limits.max_tokens and max(0, limits.max_tokens - run_summary(database, run_id).tokens)
            judge_waiting(
                database, run_id, engine, renderer, judges_of(settings),
                limits=limits, tokens_left=left, progress=progress, calibrations=calibrations, saved=saved,
            )  # fmt: skip
        update_progress_artifact(artifact_id=artifact, progress=100.0)


@task(name="select", **_RETRY)
def select_copy(lock: RunLock) -> int:
    """Mark the best copy of each brief that waits for it as selected; a retry goes on where the table stands."""
    lock.keep()
    settings = load_settings()
    with open_database(settings.url, settings.data_folder) as database:
        return choose_waiting(database, calibrations_of(database), saved=lock.keep)


@task(name="report", cache_policy=NO_CACHE)
def report(run_id: int) -> None:
    """Publish the run's figures and its best and worst copy as artifacts."""
    settings = load_settings()
    with open_database(settings.url, settings.data_folder) as database:
        publish_report(database, run_id)


def _end_from_outside(status: str, why: str) -> FlowStateHook[..., Any]:
    """A hook that makes the run's row true when the flow itself no longer can: it may run in another process."""

    def hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
        settings = load_settings()
        with open_database(settings.url, settings.data_folder) as database:
            end_flow_run(database, str(flow_run.id), status, f"{why}: {state.message or state.name}")

    return hook


@flow(
    name="nightly-copy",
    on_failure=[_end_from_outside("failed", "the flow failed")],
    on_crashed=[_end_from_outside("crashed", "the flow crashed")],
    on_cancellation=[_end_from_outside("cancelled", "cancelled from Prefect")],
)
def nightly_copy(parameters: RunParameters = EVERYTHING) -> dict[str, Any]:
    """Write the copy that is missing or out of date.

    Args:
        parameters: What to write. Left as it is, everything that every campaign asks for.
    """
    settings = load_settings()
    with open_database(settings.url, settings.data_folder) as database:
        require_schema(database)
        if parameters.dry_run:
            rehearsal = dry_run(database, settings, parameters)
            publish_plan(rehearsal)
            return {"dry_run": True, **asdict(rehearsal.planned)}
        with one_run_at_a_time(database) as lock, _no_orphan():
            limits = run_limits(settings, parameters)
            model = model_name(settings.engine_options.model)
            weights = model_revision(settings.engine_options.model, settings.model_revision)
            run_id = start_run(
                database,
                parameters=parameters.model_dump(mode="json"),
                model=model,
                model_revision=weights,
                flow_run_id=this_flow_run.get_id(),
            )
            try:
                planned = plan_briefs(run_id, parameters, lock)
                set_running(database, run_id)
                pending = judge_again(run_id, planned.to_judge, lock) if planned.to_judge else planned.pending
                if pending or (settings.judge and count_unjudged(database, judges_of(settings))):
                    forecast = (
                        forecast_run(database, run_id, model, weights, limits, settings.judge) if pending else None
                    )
                    generate_copy(run_id, pending, limits, forecast, lock)
                select_copy(lock)
                finish_run(database, run_id, "completed")
            except Exception as exc:
                finish_run(database, run_id, "failed", one_line(exc))
                raise
            except BaseException:  # Ctrl-C, or Prefect's cancellation
                finish_run(database, run_id, "cancelled", "stopped before it was done")
                raise
            report(run_id)
            summary: RunSummary = run_summary(database, run_id)
            return asdict(summary)


@contextmanager
def _no_orphan() -> Iterator[None]:
    """Prefect's temporary server, where there is one, doesn't outlive a process that is killed: it has a port."""
    server = SubprocessASGIServer().server_process
    guard = Guard([server.pid]) if server is not None else None
    try:
        yield
    finally:
        if guard is not None:
            guard.stop()


def one_line(error: BaseException) -> str:
    """An error as one line for people."""
    if isinstance(error, MemoryError):
        return "this process ran out of memory; what was finished is saved, and the next run goes on from there"
    return " ".join(str(error).split()) or type(error).__name__
