"""What a run says of itself when it ends: the terminal's report and Prefect's artifacts."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flows.planning import DryRun
from sql.database import Database
from sql.runs import CopySample, RunSummary, best_and_worst, failure_reasons, run_summary


def counts(summary: RunSummary) -> list[tuple[str, str]]:
    """The run's figures as label and value, in reading order."""
    seconds = summary.engine_seconds
    speed = f"{summary.output_tokens / seconds:,.0f}" if seconds else "–"
    cached = f"{summary.cached_prompt_tokens / summary.prompt_tokens:.0%}" if summary.prompt_tokens else "–"
    rejected = ", ".join(f"{gate} {count}" for gate, count in sorted(summary.rejected_by_gate.items()))
    return [
        ("planned briefs", f"{summary.planned:,}"),
        ("reused", f"{summary.reused:,}"),
        ("generated", f"{summary.generated:,}"),
        ("failed", f"{summary.failed:,}"),
        ("skipped", f"{summary.skipped:,}"),
        ("copies written", f"{summary.copies:,}"),
        ("selected", f"{summary.selected:,}"),
        ("rejected by a gate", rejected or "none"),
        ("output tokens", f"{summary.output_tokens:,}"),
        ("output tokens/s in the engine", speed),
        ("prompt tokens from the prefix cache", cached),
        ("wall seconds", f"{summary.wall_seconds:,.1f}"),
    ]


def publish_report(database: Database, run_id: int) -> None:
    """A table of the run's figures and a page with its best and worst copy, as Prefect artifacts."""
    summary = run_summary(database, run_id)
    create_table_artifact(
        table=[{"what": label, "value": value} for label, value in counts(summary)],
        key="copydesk-run",
        description=f"Run {run_id}: {summary.status}",
    )
    best, worst = best_and_worst(database, run_id, limit=5)
    lines = [f"# Run {run_id}: {summary.status}", ""]
    lines += [f"- {label}: **{value}**" for label, value in counts(summary)]
    for title, samples in (("Best copy", best), ("Weakest selected copy", worst)):
        lines += ["", f"## {title}", *(_markdown(sample) for sample in samples)]
    if reasons := failure_reasons(database, run_id, limit=10):
        lines += ["", "## Why briefs failed", *(f"- {count:,} × {_escaped(reason)}" for reason, count in reasons)]
    create_markdown_artifact(markdown="\n".join(lines), key="copydesk-report", description=f"Run {run_id}")


def publish_plan(rehearsal: DryRun) -> None:
    """A dry run's plan and prompts as a markdown artifact."""
    planned = rehearsal.planned
    lines = [
        "# Dry run: nothing was written",
        f"- planned briefs: **{planned.planned:,}**, of which to write **{planned.pending:,}**",
        f"- reused: **{planned.reused:,}**, skipped: **{planned.skipped:,}**",
    ]
    for title, prompt in rehearsal.prompts:
        indented = "\n".join(f"    {line}" for line in prompt.splitlines())
        lines += ["", f"## {_escaped(title)}", "", indented]
    create_markdown_artifact(markdown="\n".join(lines), key="copydesk-plan", description="Dry run")


def _markdown(sample: CopySample) -> str:
    title = f"**{_escaped(sample.product_title)}** for {_escaped(sample.segment_name)}"
    fields = "\n".join(f"> {name}: {_escaped(text)}  " for name, texts in sample.fields.items() for text in texts)
    return f"\n{title}, {sample.channel}, {sample.locale}, score {sample.score:.0f}\n\n{fields}"


def _escaped(text: str) -> str:
    """Catalogue text must not become markup in the UI's page."""
    return "".join(f"\\{ch}" if ch in "\\`*_[]<>#|!" else ch for ch in " ".join(text.split()))


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
        table,
    ]
    for sample in samples:
        body = Text()
        for name, texts in sample.fields.items():
            for text in texts:
                body.append(f"{name}  ", style="dim").append(f"{text}\n")
        body.rstrip()
        where = f"{sample.product_title[:60]} · {sample.segment_name} · {sample.channel} · {sample.locale}"
        parts.append(Panel(body, title=Text(where), title_align="left", subtitle=f"score {sample.score:.0f}"))
    if reasons:
        parts.append(Text("Why briefs failed", style="bold"))
        parts += [Text(f"  {count:,} × {reason}") for reason, count in reasons]
    return Group(*parts)


def summary_line(summary: RunSummary) -> str:
    """The one line that `--json` ends with."""
    return json.dumps(asdict(summary), default=float, ensure_ascii=False)
