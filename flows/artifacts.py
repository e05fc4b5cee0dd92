"""A run's pages in Prefect's UI: figures as a table, best and worst copy as markdown, a dry run's plan."""

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.planning import DryRun
from flows.report import counts, lines_of
from sql.database import Database
from sql.runs import CopySample, best_and_worst, failure_reasons, run_summary


def publish_report(database: Database, run_id: int) -> None:
    """A table of the run's figures and a page with its best and worst copy, as Prefect artifacts."""
    summary = run_summary(database, run_id)
    create_table_artifact(
        table=[{"what": label, "value": value} for label, value in counts(summary)],
        key="copydesk-run",
        description=f"Run {run_id}: {summary.status}",
    )
    best, worst = best_and_worst(database, run_id, limit=5)
    worst = [sample for sample in worst if sample not in best]  # a small run's would be the same ones
    lines = [f"# Run {run_id}: {summary.status}", ""]
    lines += [f"- {label}: **{value}**" for label, value in counts(summary)]
    for title, samples in (("Best copy", best), ("Weakest selected copy", worst)):
        if samples:
            lines += ["", f"## {title}", *(_markdown(sample) for sample in samples)]
    if reasons := failure_reasons(database, run_id, limit=10):
        lines += [
            "",
            "## Why briefs failed or were skipped",
            *(f"- {count:,} × {_escaped(reason)}" for reason, count in reasons),
        ]
    create_markdown_artifact(markdown="\n".join(lines), key="copydesk-report", description=f"Run {run_id}")


def publish_plan(rehearsal: DryRun) -> None:
    """A dry run's plan and prompts as a markdown artifact."""
    planned = rehearsal.planned
    lines = [
        "# Dry run: nothing was written",
        f"- planned briefs: **{planned.planned:,}**, of which to write **{planned.pending:,}**",
        f"- reused: **{planned.reused:,}**, skipped: **{planned.skipped:,}**, judged again: **{planned.to_judge:,}**",
    ]
    if rehearsal.foretold:
        lines += ["", rehearsal.foretold]
    for title, prompt in rehearsal.prompts:
        indented = "\n".join(f"    {line}" for line in prompt.splitlines())
        lines += ["", f"## {_escaped(title)}", "", indented]
    create_markdown_artifact(markdown="\n".join(lines), key="copydesk-plan", description="Dry run")


def _markdown(sample: CopySample) -> str:
    told = (_escaped(words) for words in (sample.product_title, sample.segment_name) if words)
    title = " · ".join(f"**{words}**" for words in told)
    fields = "\n".join(f"> {name}: {_escaped(text)}  " for name, text in lines_of(sample))
    return f"\n{title}, {sample.channel}, {sample.locale}, score {sample.score:.0f}\n\n{fields}"


def _escaped(text: str) -> str:
    """Catalogue text must not become markup in the UI's page."""
    return "".join(f"\\{ch}" if ch in "\\`*_[]<>#|!" else ch for ch in " ".join(text.split()))
