"""The flow that made the shipped model: draw briefs and copy, train, measure on unseen products, write the card.

The corpus, the loop and the measuring are in ``generation``; this orders them and keeps what came of it.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

from flows.progress import Progress, tell
from generation import training
from generation.engine import Engine, EngineOptions, load_tokenizer
from generation.evaluation import DEMO_SAMPLING, VALIDATION_SEED, Evaluation, evaluate
from generation.training import Measure, Schedule, Shape

VALIDATION_BRIEFS = 500
TOKENIZER_EXAMPLES = 20_000
PROGRESS_SECONDS = 5.0


@task(name="train", cache_policy=NO_CACHE)
def train_model(folder: Path, schedule: Schedule, start_from: Path | None) -> None:
    """Train, keeping a checkpoint in ``folder`` after each epoch; a later epoch's replaces an earlier one's."""
    logger, artifact = get_run_logger(), create_progress_artifact(progress=0.0, key="copydesk-training")
    tokenizer, model = _begin(folder, start_from, schedule.seed)
    validation = training.prepare(training.draw(VALIDATION_SEED, VALIDATION_BRIEFS), tokenizer)
    progress, shown = Progress(total=100, note="training"), 0.0

    def told(share: float, loss: float) -> None:
        nonlocal shown
        progress.done, progress.note = int(100 * share), f"training, loss {loss:.3f}"
        tell(progress)
        if time.monotonic() - shown > PROGRESS_SECONDS:
            update_progress_artifact(artifact_id=cast(UUID, artifact), progress=min(100.0, 100 * share))
            shown = time.monotonic()

    measures: list[Measure] = []
    for measure, averaged in training.train(model, tokenizer, validation, schedule, told):
        measures.append(measure)
        logger.info("epoch %s: perplexity %.3f after %.0f s", measure.epoch, measure.perplexity, measure.seconds)
        training.save(averaged, tokenizer, folder)
        _write_log(folder, schedule, start_from, measures)


def _begin(folder: Path, start_from: Path | None, seed: int) -> tuple[PreTrainedTokenizerFast, Qwen2ForCausalLM]:
    """A new tokenizer and model, or those of an earlier training."""
    if start_from is not None:
        tokenizer = cast(PreTrainedTokenizerFast, load_tokenizer(str(start_from)))
        return tokenizer, cast(Qwen2ForCausalLM, Qwen2ForCausalLM.from_pretrained(str(start_from)).float())
    shape = Shape()
    drawn = training.draw(training.TRAINING_SEED - 1, TOKENIZER_EXAMPLES)
    trained = training.train_tokenizer(training.example_texts(drawn), shape.vocabulary)
    # transformers gives a Qwen2 model its own way of parting text whatever the file says, so what serves is not quite
    # what was trained: the model must learn from what serves.
    training.save(training.new_model(trained, shape), trained, folder)
    tokenizer = cast(PreTrainedTokenizerFast, load_tokenizer(str(folder)))
    model = training.new_model(tokenizer, shape)
    training.lay_copying_heads(model, seed)
    return tokenizer, model


def _write_log(folder: Path, schedule: Schedule, start_from: Path | None, measures: Sequence[Measure]) -> None:
    log: dict[str, Any] = {
        "schedule": asdict(schedule),
        "started_from": start_from.name if start_from else None,
        "epochs": [{**asdict(measure), "perplexity": measure.perplexity} for measure in measures],
    }
    (folder / "training.json").write_text(json.dumps(log, indent=1) + "\n", "utf-8")


@task(name="evaluate", cache_policy=NO_CACHE)
def evaluate_model(folder: Path) -> Evaluation:
    """What the model's drafts are worth, served as a run serves them."""
    with Engine(EngineOptions(model=str(folder))) as engine:
        return evaluate(engine, VALIDATION_BRIEFS)


@flow(name="train-demo-model")
def train_demo_model(folder: Path, schedule: Schedule = Schedule(), start_from: Path | None = None) -> Evaluation:
    """Train a small model on made-up briefs and copy, and measure it.

    Args:
        folder: Where the model, its log and its card go.
        schedule: How long and how fast.
        start_from: A model of an earlier training to go on from.
    """
    train_model(folder, schedule, start_from)
    evaluation = evaluate_model(folder)
    create_markdown_artifact(markdown=write_card(folder, evaluation), key="copydesk-model-card")
    return evaluation


def write_card(folder: Path, evaluation: Evaluation) -> str:
    """The model's card, README.md in its folder: what it is, how it was made, what it was measured to do."""
    log = json.loads((folder / "training.json").read_text("utf-8"))
    parameters = training.parameters(Qwen2ForCausalLM.from_pretrained(str(folder)))
    size = sum(path.stat().st_size for path in folder.glob("*.*")) / 1e6
    schedule, epochs, sampling = log["schedule"], log["epochs"], DEMO_SAMPLING
    came_from = f", going on from the weights of {log['started_from']}" if log["started_from"] else ""
    rows = "\n".join(
        f"| {row['epoch']} | {row['briefs']:,} | {row['seconds'] / 60:.0f} | {row['train_loss']:.3f} "
        f"| {row['validation_loss']:.3f} | {row['perplexity']:.3f} |"
        for row in epochs
    )
    parts = [
        *(f"| passed, {name} | {share:.1%} |" for name, share in evaluation.passed_by_locale.items()),
        *(f"| passed, {name} | {share:.1%} |" for name, share in evaluation.passed_by_channel.items()),
        *(
            f"| rejected by the gate {name} | {count} of {evaluation.drafts} |"
            for name, count in evaluation.by_gate.items()
        ),
    ]
    card = f"""# copydesk's demo model

A causal language model of {parameters / 1e6:.1f} million parameters ({size:.0f} MB, Qwen2-shaped, English and Chinese)
that answers copydesk's own prompts. It is there to try copydesk and to test it, on a CPU, without a download. It is no
model for real advertising: it fills the sentence patterns that it was taught with what stands in the brief, knows
nothing of the world, and follows no instruction beyond the channel. Production takes a real instruct model.

## How it was made
`copydesk train`, from made-up briefs and copy only (`generation/corpus.py`, `templates/corpus`): no text, data set or
weights of anybody else{came_from}. Every epoch draws {schedule["briefs"]:,} new briefs with {training.REPLIES} replies.
Cross-entropy over the replies' tokens; Muon for the layers' matrices, AdamW for the rest; the weights are an average
over the last part of the training. Validation: {VALIDATION_BRIEFS} briefs drawn with another seed, whose products
no epoch has seen.

| epoch | briefs seen | minutes | training loss | validation loss | validation perplexity |
|---|---|---|---|---|---|
{rows}

## What it was measured to do
One draft for each of {evaluation.drafts} validation briefs, with `copydesk evaluate`; temperature
{sampling.temperature}, top_p {sampling.top_p}, frequency penalty {sampling.frequency_penalty}, as in the samples.

| measure | share of drafts |
|---|---|
| parse and pass every gate | {evaluation.passed:.1%} |
| name the product or its brand | {evaluation.named:.1%} |
| state a number that is not in the brief | {evaluation.invented:.1%} |
{chr(10).join(parts)}

## Limits
Long product texts in words that it met nowhere are copied with slips; a brief without brand, attributes and
description gives it little to say; two drafts of one brief are often alike. It writes no other language.
"""
    (folder / "README.md").write_text(card, "utf-8")
    return card
