"""Peak memory of the orchestrator for a million briefs against ten thousand; the engine is a double.

Each side is a process of its own that plans, renders, judges and saves every brief. Its peak is VmHWM, not
``getrusage``: on Linux that starts from what the parent had taken when it forked.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from generation.engine import PAUSE, Engine
from generation.records import Draft, Generation, Prompt
from generation.sharing import Item, Written
from sql.database import open_database
from tests.bench.rows import Options, Row, Wrong, say
from tests.bench.workload import ROOT, begin_run, renderer_for, shop, url_of, write

SEGMENTS = 20
FEW = 10_000
DRAFT = "title: A quiet companion for every day\nbody: Made for the way you live. Have a look at it in the shop."


class OneDraft:
    """An engine that answers every prompt with the same draft, at once."""

    seconds = 0.0
    in_flight_cap, in_process = 512, True

    def generate(self, prompts: Iterable[Item]) -> Written:
        """One draft a prompt."""
        for item in prompts:
            if item is None:
                time.sleep(PAUSE)
            elif not isinstance(item, Prompt):
                yield item
            else:
                draft = Draft(item.brief, 0, DRAFT, 30, -0.4, "stop")
                yield Generation(item.brief, (draft,), len(item.token_ids), 0)


def measure(options: Options) -> list[Row]:
    """One row. Raises Wrong when a side didn't write every brief."""
    many = 100_000 if options.quick else 1_000_000
    few_mib, many_mib = _peak_mib(FEW), _peak_mib(many)
    return [
        Row(
            "memory",
            f"the orchestrator's peak memory: {many:,} briefs ÷ {FEW:,}",
            1.05,
            many_mib,
            few_mib,
            "MiB",
            1,
            at_most=True,
            note="Prefect, SQLAlchemy and the tokenizer are loaded on both sides",
        )
    ]


def _peak_mib(briefs: int) -> float:
    say(f"  {briefs:,} briefs …")
    with shop(products=briefs // SEGMENTS, segments=SEGMENTS) as database:
        command = [sys.executable, "-m", "tests.bench.memory", url_of(database)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        with database.begin() as connection:
            written = connection.exec_driver_sql("select count(*) from copies where gate is null").scalar_one()
    if written != briefs:
        raise Wrong(f"{written:,} of {briefs:,} briefs have copy: the double's draft should pass every gate")
    return float(json.loads(done.stdout.splitlines()[-1])["peak_mib"])


def _orchestrate(url: str) -> None:
    with open_database(url, ROOT) as database:
        run_id, _ = begin_run(database)
        write(database, run_id, cast(Engine, OneDraft()), renderer_for(None))
    (line,) = (line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"peak_mib": int(line.split()[1]) / 1024}))


if __name__ == "__main__":
    _orchestrate(sys.argv[1])
