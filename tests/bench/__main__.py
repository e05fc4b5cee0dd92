"""``python -m tests.bench [NAME …] [--quick] [--out FOLDER] [--model-shape SHAPE]``: copydesk measured as ratios.

Exit status 1 only when rows came out wrong: a goal that is missed is shown, not enforced.
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from tests.bench.report import draw_chart, table, write_files
from tests.bench.rows import Options, Row, Skipped, Wrong, say

# Each a module beside this one, with a function `measure`; in this order.
BENCHES = ("throughput", "chunks", "prefix", "second_night", "bulk", "kill", "memory", "scored", "ray_data")
SHAPED = "throughput"  # the only one that takes a model of another shape


def main() -> int:
    """Run the benches that were named, or all; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure copydesk, as ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHES)}; none: all")
    parser.add_argument("--quick", action="store_true", help="smaller workloads and fewer rounds: a rehearsal")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for the table, chart and JSON")
    parser.add_argument("--model-shape", choices=["1b"], help=f"{SHAPED} on a GPU, with random weights")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHES]:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    if asked.model_shape and asked.names != [SHAPED]:
        parser.error(f"--model-shape goes with {SHAPED} alone")
    # Before anything imports vLLM; what it has to say of itself would bury the rounds.
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    options = Options(quick=asked.quick, shape=asked.model_shape)
    rows: list[Row] = []
    skipped: dict[str, str] = {}
    wrong = False
    for name in asked.names or BENCHES:
        say(f"[bold]{name}[/]")
        try:
            rows += import_module(f"tests.bench.{name}").measure(options)
        except Skipped as exc:
            skipped[name] = str(exc)
            say(f"  skipped: {exc}", markup=False)
        except Wrong as exc:
            wrong = True
            say(f"  wrong: {exc}", markup=False)
        write_files(rows, skipped, asked.out)  # after each: an interrupted night keeps what it has
    if rows:
        say(table(rows))
        draw_chart(rows, asked.out / "bench.png")
    say(f"In {asked.out}: {', '.join(sorted(path.name for path in asked.out.glob('bench.*')))}", markup=False)
    if asked.quick:
        say("A rehearsal: small workloads flatter and punish by turns. Quote figures of a full run.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
