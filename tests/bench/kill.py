"""``kill -9`` at half way and a second run, against a run that nobody disturbs: tokens in all, and every row.

Tokens are those that the engine sampled, also for drafts that were lost with the process; what was lost may come on
top of the goal. Only the command's own process is killed: what it started is left to the second run.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sql.database import Database
from tests.bench.rows import Options, Row, Wrong, say
from tests.bench.workload import ROOT, shop, url_of

SEGMENTS = 8
VARIANTS = 2
SAVE_EVERY = 32
GOAL = 1.03
LONGEST = 3600.0  # seconds


def measure(options: Options) -> list[Row]:
    """One row.

    Raises Wrong when a brief is missing, there twice or undecided after the second run.
    """
    products = 50 if options.quick else 200
    with (
        TemporaryDirectory(prefix="copydesk-bench-") as folder,
        shop(products=products, segments=SEGMENTS, variants=VARIANTS) as undisturbed,
        shop(products=products, segments=SEGMENTS, variants=VARIANTS) as disturbed,
    ):
        say("  a clean run …")
        with _started(undisturbed, Path(folder), "clean") as run:
            clean = run.finish()
        say("  a run that is killed …")
        with _started(disturbed, Path(folder), "killed") as run:
            _wait_for_half(disturbed, run, products * SEGMENTS)
            run.process.kill()
            run.process.wait()
            before, saved = run.sampled(), _recorded(disturbed)
            say("  a run that goes on from there …")
            with _started(disturbed, Path(folder), "second") as second:
                after = second.finish()
        _require_same(undisturbed, disturbed)
    lost = before - saved
    return [
        Row(
            "kill",
            "`kill -9` at half way: tokens in all ÷ a clean run",
            GOAL + lost / clean,
            before + after,
            clean,
            "tokens",
            1,
            at_most=True,
            note=f"{products * SEGMENTS:,} briefs; {lost:,} tokens were in flight or unsaved; no row lost, none twice",
        )
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """A run in a process of its own, its files named after it."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    name: str

    def sampled(self) -> int:
        """How many tokens its engine has sampled so far."""
        return int((self.folder / f"{self.name}.tokens").read_text("utf-8"))

    def finish(self) -> int:
        """The tokens that it sampled, once it is done. Raises Wrong when it fails."""
        if self.process.wait(LONGEST):
            log = (self.folder / f"{self.name}.log").read_text("utf-8")
            raise Wrong(f"the {self.name} run failed: {log[-600:]}")
        return self.sampled()


@contextmanager
def _started(database: Database, folder: Path, name: str) -> Iterator[Run]:
    """``copydesk run`` over a database. Nothing that it started outlives the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK", "PREFECT"))}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "COPYDESK_DATABASE_URL": url_of(database),
        "COPYDESK_DATA_FOLDER": str(folder),
        "COPYDESK_KV_CACHE_GIB": "1",
        "COPYDESK_SAVE_EVERY": str(SAVE_EVERY),
    }
    command = [sys.executable, "-m", "tests.bench.counted_run", str(folder / f"{name}.tokens")]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        yield Run(process, folder, name)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _recorded(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.exec_driver_sql("select sum(output_tokens) from runs").scalar_one())


def _wait_for_half(database: Database, run: Run, briefs: int) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        with database.begin() as connection:
            done = connection.exec_driver_sql(_TRIED).scalar_one()
        if done >= briefs / 2:
            return
        if run.process.poll() is not None:
            raise Wrong(f"the run ended by itself after {done} of {briefs} briefs, too soon to be killed half way")
        time.sleep(0.1)
    raise Wrong("half of the briefs were not written in an hour")


def _require_same(undisturbed: Database, disturbed: Database) -> None:
    keys: list[Sequence[str]] = []
    wrong: dict[str, int] = {}
    for database in (undisturbed, disturbed):
        with database.begin() as connection:
            keys.append(connection.exec_driver_sql("select content_key from briefs order by 1").scalars().all())
            wrong |= {
                what: found
                for what, statement in _MUST_BE_NONE.items()
                if (found := connection.exec_driver_sql(statement).scalar_one())
            }
    if keys[0] != keys[1]:
        raise Wrong(f"the clean run has {len(keys[0])} briefs, the killed one {len(keys[1])}, and they differ")
    if wrong:
        raise Wrong(f"after the kill and the second run: {wrong}")


_TRIED = "select count(*) from briefs where status in ('generated', 'failed') or attempts > 0"
_MUST_BE_NONE = {
    "briefs still pending": "select count(*) from briefs where status = 'pending'",
    "cells there twice": "select count(*) from (select from briefs group by product_id, segment_id, channel, locale"
    " having count(*) > 1) twice",
    "attempts without all their copies, or with too many": "select count(*) from (select from copies"
    f" group by brief_id, attempt having count(*) <> {VARIANTS}) odd",
    "generated briefs without copy": "select count(*) from briefs b where status = 'generated'"
    " and not exists (select from copies c where c.brief_id = b.id and c.gate is null)",
    "runs not completed, but the killed one": "select count(*) from runs where status not in ('completed', 'crashed')",
}
