"""What a run will take, foretold from what earlier ones took, and how much of it its limits let through."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from flows.budget import Limits
from sql.database import Database
from sql.history import History, Judging, Place, read_history
from sql.plan import pending_places
from sql.runs import save_forecast


@dataclass(frozen=True, slots=True)
class Forecast:
    """The object ``forecast`` of ``copydesk run --json``: all that is to be written, were there no limits."""

    runs: int  # that it rests on
    same_revision: bool  # they ran the model at this revision
    briefs: int
    prompt_tokens: int
    cached_prompt_tokens: int
    output_tokens: int
    engine_seconds: float
    wall_seconds: float
    finishes_at: str  # ISO 8601
    let_through: int  # briefs that the deadline and the budget leave time and tokens for
    stopped_by: str | None  # "deadline" or "tokens"; None: nothing stops it
    judge: Judging | None = None  # what of it the language model takes as a judge; None: it isn't asked, or see below
    judge_unknown: bool = False  # it is asked, no earlier run did, and what it takes is not in the figures

    @property
    def tokens(self) -> int:
        """What a budget counts: prompt tokens computed and output tokens."""
        return self.prompt_tokens - self.cached_prompt_tokens + self.output_tokens

    @property
    def writing_tokens(self) -> int:
        """Of those, what the briefs themselves take."""
        return self.tokens - (_tokens(self.judge) if self.judge else 0)


def _tokens(judge: Judging) -> int:
    return round(judge.prompt_tokens - judge.cached_prompt_tokens + judge.output_tokens)


def foresee(
    history: History | None, pending: Mapping[Place, int], limits: Limits, judging: bool = False
) -> Forecast | None:
    """The forecast for so many briefs of each channel and locale; None without history, or with nothing to write.

    The engine's time goes with the output tokens, which a channel has its own mean of; the rest of a run takes what it
    took in the median. A channel that was never measured is taken for the mean of all. With ``judging``, the language
    model is asked about the copy afterwards, with what the limits have left: they let briefs through as if it weren't.
    """
    briefs = sum(pending.values())
    if history is None or not briefs:
        return None
    output = history.output_tokens * sum(count * history.weights.get(place, 1.0) for place, count in pending.items())
    prompt, cached = briefs * history.prompt_tokens, briefs * history.cached_prompt_tokens
    engine = output * history.seconds_per_output_token
    judge = history.judging.of(briefs) if judging and history.judging else None
    asked = judge or Judging(0, 0, 0, 0)
    wall = engine + asked.engine_seconds + history.beside_seconds
    finish = (limits.started.astimezone(UTC) + timedelta(seconds=wall)).astimezone(limits.started.tzinfo)
    shares: dict[str | None, float] = {None: 1.0}
    if limits.deadline is not None:
        left = limits.deadline.timestamp() - limits.started.timestamp() - history.beside_seconds
        shares["deadline"] = max(0.0, left) / engine
    if limits.max_tokens is not None:
        shares["tokens"] = limits.max_tokens / (prompt - cached + output)
    stopped_by = min(shares, key=lambda name: shares[name])
    return Forecast(
        runs=history.runs,
        same_revision=history.same_revision,
        briefs=briefs,
        prompt_tokens=round(prompt + asked.prompt_tokens),
        cached_prompt_tokens=round(cached + asked.cached_prompt_tokens),
        output_tokens=round(output + asked.output_tokens),
        engine_seconds=round(engine + asked.engine_seconds, 1),
        wall_seconds=round(wall, 1),
        finishes_at=finish.isoformat(timespec="seconds"),
        let_through=int(briefs * shares[stopped_by]),
        stopped_by=stopped_by,
        judge=judge,
        judge_unknown=judging and judge is None,
    )


def forecast_run(
    database: Database, run_id: int, model: str, revision: str, limits: Limits, judging: bool = False
) -> Forecast | None:
    """Foretell a planned run, and keep the forecast with the run."""
    with database.begin() as connection:
        pending = pending_places(connection, run_id)
    forecast = foresee(read_history(database, model, revision), pending, limits, judging)
    if forecast is not None:
        save_forecast(database, run_id, asdict(forecast))
    return forecast


def forecast_line(forecast: Forecast | None, limits: Limits) -> str:
    """The forecast in one line for people."""
    if forecast is None:
        return "No forecast: there is no history of this model yet."
    runs = f"{forecast.runs} run{'' if forecast.runs == 1 else 's'}"
    model = "this model" if forecast.same_revision else "other revisions of this model"
    judged = f", {_tokens(forecast.judge):,} to judge" if forecast.judge else ""
    line = (
        f"Forecast from {runs} of {model}: {forecast.briefs:,} briefs, {forecast.tokens:,} tokens "
        f"({forecast.output_tokens:,} of output{judged}), {_span(forecast.engine_seconds)} in the engine, "
        f"done about {_clock(datetime.fromisoformat(forecast.finishes_at), limits.started)}."
    )
    if forecast.stopped_by == "deadline" and limits.deadline:
        line += f" The deadline {_clock(limits.deadline, limits.started)} lets about {forecast.let_through:,} through."
    elif forecast.stopped_by == "tokens":
        line += f" The budget of {limits.max_tokens:,} tokens lets about {forecast.let_through:,} through."
    if forecast.judge_unknown:
        line += " What the judge takes is not in it: there is no history of that yet."
    return line


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _clock(moment: datetime, started: datetime) -> str:
    """The day is told when it isn't within a day of the start."""
    return f"{moment:%H:%M}" if moment - started < timedelta(days=1) else f"{moment:%Y-%m-%d %H:%M}"
