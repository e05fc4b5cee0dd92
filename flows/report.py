"""What a run says of itself when it ends, in figures and on the terminal. Prefect's are in ``flows.artifacts``."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from generation.channels import load_channel
from sql.runs import CopySample, RunSummary


def counts(summary: RunSummary) -> list[tuple[str, str]]:
    """The run's figures as label and value, in reading order."""
    seconds = summary.engine_seconds
    speed = f"{summary.output_tokens / seconds:,.0f}" if seconds else "–"
    cached = "–"
    judged = summary.judge or {"prompt_tokens": 0, "cached_prompt_tokens": 0}
    if written := summary.prompt_tokens - judged["prompt_tokens"]:  # the judge's have a line of their own
        cached = f"{(summary.cached_prompt_tokens - judged['cached_prompt_tokens']) / written:.0%}"
        cached += f" (an ideal cache: {summary.shareable_prompt_tokens / written:.0%})"
    rejected = ", ".join(f"{gate} {count}" for gate, count in sorted(summary.rejected_by_gate.items()))
    foretold = _foretold(summary)
    judge = summary.judge
    asked = [("judged by the language model", _judged(judge))] if judge else []
    return [
        ("planned briefs", f"{summary.planned:,}"),
        ("reused", f"{summary.reused:,}"),
        ("generated", f"{summary.generated:,}"),
        ("failed", f"{summary.failed:,}"),
        ("skipped", f"{summary.skipped:,}"),
        ("copies written", f"{summary.copies:,}"),
        ("copies judged again", f"{summary.rejudged:,}"),
        ("selected", f"{summary.selected:,}"),
        ("rejected by a gate", rejected or "none"),
        *asked,
        ("prompt tokens computed", f"{summary.prompt_tokens - summary.cached_prompt_tokens:,}" + foretold("computed")),
        ("output tokens", f"{summary.output_tokens:,}" + foretold("output_tokens")),
        ("output tokens/s in the engine", speed),
        ("prompt tokens from the prefix cache", cached),
        ("engine seconds", f"{seconds:,.1f}" + foretold("engine_seconds")),
        ("wall seconds", f"{summary.wall_seconds:,.1f}" + foretold("wall_seconds")),
    ]


def _judged(judge: Mapping[str, float]) -> str:
    cached = judge["cached_prompt_tokens"] / judge["prompt_tokens"] if judge["prompt_tokens"] else 0.0
    told = (
        f"{judge['asked']:,}, {judge['without_rating']:,} without a clear answer; "
        f"{cached:.0%} of their prompt tokens from the prefix cache"
    )
    if judge["asked"] and judge["without_rating"] > judge["asked"] / 2:
        told += "; this model can't judge: leave COPYDESK_JUDGE off, or take another model"
    return told


def _foretold(summary: RunSummary) -> Callable[[str], str]:
    """What was expected of a figure, to stand beside it: for as many briefs as the limits were to let through."""
    forecast = summary.forecast
    if forecast is None:
        return lambda figure: ""
    share = forecast["let_through"] / forecast["briefs"]
    judge = forecast.get("judge") or {}  # asked once all is written: not at all in a run that its limits stop

    def of(figure: str) -> float:
        asked: float = judge.get(figure, 0)
        return float((forecast[figure] - asked) * share + (0 if forecast["stopped_by"] else asked))

    expected = {name: of(name) for name in ("output_tokens", "engine_seconds")}
    expected["computed"] = of("prompt_tokens") - of("cached_prompt_tokens")
    expected["wall_seconds"] = forecast["wall_seconds"] - forecast["engine_seconds"] + expected["engine_seconds"]
    return lambda figure: f" (forecast {expected[figure]:,.0f})"


def lines_of(sample: CopySample) -> list[tuple[str, str]]:
    """A copy's lines with their field's name, in the channel's order: a JSON object in the database keeps none."""
    names = [spec.name for spec in load_channel(sample.channel).fields]
    return [(name, text) for name in names for text in sample.fields.get(name, ())]


def report_for_terminal(
    summary: RunSummary, samples: Sequence[CopySample], reasons: Sequence[tuple[str, int]]
) -> RenderableType:
    """The end of `copydesk run`: figures, sample copy, why briefs failed."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for label, value in counts(summary):
        table.add_row(Text(label, style="dim"), Text(value))
    parts: list[RenderableType] = [
        Text(
            f"Run {summary.run_id}: {summary.status}", style="bold green" if summary.status == "completed" else "bold"
        ),
        *([Text(summary.error)] if summary.error else []),
        table,
    ]
    for sample in samples:
        body = Text()
        for name, text in lines_of(sample):
            body.append(f"{name}  ", style="dim").append(f"{text}\n")
        body.rstrip()
        told = (sample.product_title[:60], sample.segment_name[:60], sample.channel, sample.locale)
        where = " · ".join(filter(None, told))
        parts.append(Panel(body, title=Text(where), title_align="left", subtitle=f"score {sample.score:.0f}"))
    if reasons:
        parts.append(Text("Why briefs failed or were skipped", style="bold"))
        parts += [Text(f"  {count:,} × {reason}") for reason, count in reasons]
    return Group(*parts)


def summary_line(summary: RunSummary) -> str:
    """The one line that `--json` ends with."""
    return json.dumps(asdict(summary), default=float, ensure_ascii=False)
