"""``kill -9`` at any moment and a second run, against a run that nobody disturbs: tokens in all, and every row.

Some moments are seconds since the start, which is mostly loading and planning; the others a share of the briefs, when
the engine writes and the store saves. Tokens are those that the engine sampled, also for drafts that were lost with the
process; what was lost may come on top of the goal. Only the command's own process is killed: what it started is left to
the second run.
"""

import os
import random
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
from tests.bench.workload import ROOT, forget_runs, shop, url_of

SEGMENTS = 8
VARIANTS = 2
SAVE_EVERY = 32
GOAL = 1.03
MOMENTS = 20
EARLY = 6  # of them, by the clock
SEED = 2
LONGEST = 3600.0  # seconds


def measure(options: Options) -> list[Row]:
    """One row, of the moment that cost most.

    Raises Wrong when a brief is missing, there twice or undecided after a second run.
    """
    products = 50 if options.quick else 100
    briefs, rng = products * SEGMENTS, random.Random(SEED)
    worst: tuple[float, int, int] | None = None
    with (
        TemporaryDirectory(prefix="copydesk-bench-") as folder,
        shop(products=products, segments=SEGMENTS, variants=VARIANTS) as undisturbed,
        shop(products=products, segments=SEGMENTS, variants=VARIANTS) as disturbed,
    ):
        say("  a clean run …")
        started = time.monotonic()
        with _started(undisturbed, Path(folder), "clean") as run:
            clean = run.finish()
        whole = time.monotonic() - started
        moments: list[float | int] = [briefs // 2]
        if not options.quick:
            moments = [rng.uniform(0, whole) for _ in range(EARLY)]
            moments += [rng.randint(1, briefs) for _ in range(MOMENTS - EARLY)]
        for moment in moments:
            forget_runs(disturbed)
            lost, tokens = _killed_and_run_again(disturbed, Path(folder), moment)
            _require_same(undisturbed, disturbed)
            excess = (tokens - lost) / clean
            when = f"{moment} briefs" if isinstance(moment, int) else f"{moment:.1f} s"
            say(f"  killed after {when}: {tokens / clean:.3f}, {lost:,} tokens lost with the process")
            if worst is None or excess > worst[0]:
                worst = (excess, lost, tokens)
    assert worst is not None
    _, lost, tokens = worst
    return [
        Row(
            "kill",
            f"`kill -9` at {'half way' if options.quick else f'{MOMENTS} moments'}: tokens in all ÷ a clean run",
            GOAL + lost / clean,
            tokens,
            clean,
            "tokens",
            len(moments),
            at_most=True,
            note=f"the worst; {briefs:,} briefs; {lost:,} tokens were in flight or unsaved; no row lost, none twice",
        )
    ]


def _killed_and_run_again(database: Database, folder: Path, moment: float | int) -> tuple[int, int]:
    """Tokens that were lost with the killed process, and those that both runs sampled."""
    with _started(database, folder, "killed") as run:
        _wait(database, run, moment)
        run.process.kill()
        run.process.wait()
        before, saved = run.sampled(), _recorded(database)
        with _started(database, folder, "second") as second:
            after = second.finish()
    return before - saved, before + after


@dataclass(frozen=True, slots=True)
class Run:
    """A run in a process of its own, its files named after it."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    name: str

    def sampled(self) -> int:
        """How many tokens its engine has sampled so far."""
        file = self.folder / f"{self.name}.tokens"
        return int(file.read_text("utf-8") or 0) if file.is_file() else 0

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
        return int(connection.exec_driver_sql("select coalesce(sum(output_tokens), 0) from runs").scalar_one())


def _wait(database: Database, run: Run, moment: float | int) -> None:
    """Until so many briefs have been tried, or so many seconds have passed, or the run is over."""
    started = time.monotonic()
    while time.monotonic() - started < LONGEST and run.process.poll() is None:
        if isinstance(moment, float):
            if time.monotonic() - started >= moment:
                return
        else:
            with database.begin() as connection:
                if connection.exec_driver_sql(_TRIED).scalar_one() >= moment:
                    return
        time.sleep(0.02)


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
