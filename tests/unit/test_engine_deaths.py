"""What becomes of the briefs when vLLM's engine dies or falls silent, shown on a double that does so on demand."""

import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

import generation.engine as module
from generation.engine import MOST_DEATHS, Engine, EngineError, EngineLost, EngineOptions
from generation.records import Brief, Campaign, Failure, Generation, Product, Prompt, Segment


class Double:
    """Finishes one sequence a step. It dies when a brief that kills it has been in flight for three steps."""

    def __init__(self, kills: set[int], built: list["Double"]) -> None:
        self.vllm_config = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=8))
        self.engine_core = SimpleNamespace(shutdown=lambda: None)
        self.kills, self.asked, self.waiting = kills, list[str](), list[str]()
        self.steps = 0
        built.append(self)

    def add_request(self, request_id: str, prompt: Any, params: Any) -> None:
        self.asked.append(request_id)
        self.waiting.append(request_id)

    def abort_request(self, request_ids: list[str]) -> None:
        self.waiting = [request_id for request_id in self.waiting if request_id not in request_ids]

    def step(self) -> list[Any]:
        self.steps += 1
        deadly = [request_id for request_id in self.waiting if int(request_id.split("-")[0]) in self.kills]
        if deadly and self.steps > 2:
            raise RuntimeError("CUDA error: an illegal memory access\nwas encountered")
        for request_id in self.waiting:
            if request_id not in deadly:
                self.waiting.remove(request_id)
                completion = SimpleNamespace(index=0, token_ids=[65], cumulative_logprob=-0.5, finish_reason="stop")
                return [
                    SimpleNamespace(request_id=request_id, finished=True, outputs=[completion], num_cached_tokens=0)
                ]
        return []


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Double]:
    """Every engine that was built, the one that lives last."""
    engines: list[Double] = []
    kills: set[int] = set()
    monkeypatch.setattr(module, "_build", lambda options, length: Double(kills, engines))
    monkeypatch.setattr(module, "_sampling_params", lambda prompt: None)
    return engines


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, whatever the shell that started the tests made of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def prompts(count: int) -> Iterator[Prompt]:
    campaign = Campaign(1, "Spring", variants=1)
    for number in range(count):
        brief = Brief(number, campaign, Product("p", "Stool"), Segment("s", "Hikers"), "sms", "en-US")
        yield Prompt(brief, (1, 2, number))


def test_a_death_costs_no_brief_and_what_was_in_flight_is_asked_for_once_more(built: list[Double]) -> None:
    with Engine() as engine:
        kills = built[0].kills
        kills.add(5)
        stream = engine.generate(prompts(40))
        results = [next(stream)]
        while engine.deaths == 0:
            results.append(next(stream))
            if len(built) > 1:  # it was no brief's fault
                kills.clear()
        results += stream
    assert sorted(result.brief.id for result in results) == list(range(40))
    assert all(isinstance(result, Generation) for result in results)
    assert len(built) == 2
    asked_twice = set(built[0].asked) & set(built[1].asked)
    assert len(asked_twice) <= engine.in_flight_cap


@pytest.mark.parametrize("poison", [0, 7, 39])
def test_the_brief_that_kills_the_engine_is_found_and_the_others_are_written(built: list[Double], poison: int) -> None:
    with Engine() as engine:
        built[0].kills.add(poison)
        results = list(engine.generate(prompts(40)))
    assert sorted(result.brief.id for result in results) == list(range(40))
    (failure,) = [result for result in results if isinstance(result, Failure)]
    assert failure.brief.id == poison
    assert failure.stage == "generate"
    assert failure.reason == "the engine died of it twice: CUDA error: an illegal memory access was encountered"
    assert engine.deaths <= 7  # once, once more, and by halves among sixteen


def test_an_engine_that_dies_of_everything_ends_with_one_clear_line(built: list[Double]) -> None:
    with Engine() as engine:
        built[0].kills.update(range(1000))
        with pytest.raises(EngineLost, match=f"died {MOST_DEATHS + 1} times, the last time of: CUDA error") as caught:
            list(engine.generate(prompts(1000)))
    assert "\n" not in str(caught.value)


def test_a_prompt_found_refused_by_a_dead_engine_is_not_lost(
    built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = True

    def dead(self: Double, request_id: str, prompt: Any, params: Any) -> None:
        nonlocal first
        if first and request_id == "3-0":
            first = False
            raise RuntimeError("engine is dead")
        self.asked.append(request_id)
        self.waiting.append(request_id)

    monkeypatch.setattr(Double, "add_request", dead)
    with Engine() as engine:
        results = list(engine.generate(prompts(10)))
    assert sorted(result.brief.id for result in results if isinstance(result, Generation)) == list(range(10))


@pytest.mark.parametrize("ended", ["silent", "killed"])
def test_an_engine_whose_process_is_silent_or_gone_is_replaced(
    ended: str, built: list[Double], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """vLLM's client goes on waiting for output in both cases: only the watch can tell it."""
    outputs: queue.Queue[Exception] = queue.Queue()
    alive = threading.Event()
    process = SimpleNamespace(kill=alive.clear, is_alive=alive.is_set, exitcode=-9, pid=2**22 + 1)  # nobody's
    step = Double.step
    alive.set()

    def waiting(self: Double) -> list[Any]:
        if len(built) == 1 and self.steps == 5:
            self.engine_core.outputs_queue = outputs
            if ended == "killed":
                alive.clear()
            error = outputs.get(timeout=10)
            assert not alive.is_set()
            alive.set()  # the next engine's
            raise error
        return step(self)

    monkeypatch.setattr(Double, "step", waiting)
    monkeypatch.setattr(module, "_processes", lambda engine: [process])
    with Engine(EngineOptions(silence=0.2 if ended == "silent" else 4.0)) as engine:
        results = list(engine.generate(prompts(20)))
    assert sorted(result.brief.id for result in results if isinstance(result, Generation)) == list(range(20))
    assert engine.deaths == 1
    assert ("no token for 0 s" if ended == "silent" else "was killed, as by the kernel") in caplog.text


_PARENT = """
import subprocess, sys, time
from generation.watching import Guard
engine = subprocess.Popen(["sleep", "300"])
guard = Guard([engine.pid])
if sys.argv[1] == "stopped":
    guard.stop()
print("ready", flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("guarded", ["guarded", "stopped"])
def test_an_engines_processes_end_with_the_process_that_is_killed(guarded: str) -> None:
    """The sleeper has its parent's standard output, which is at its end when both have gone."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, guarded], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        parent.wait()
        try:
            gone, _, _ = select.select([parent.stdout], [], [], 20 if guarded == "guarded" else 0.5)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)
        assert bool(gone) is (guarded == "guarded")


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("CUDA error: an illegal memory access"), False),
    ],
)
def test_an_engine_that_keeps_dying_for_want_of_memory_ends_with_what_to_lower(
    error: Exception, mend: bool, built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(self: Double) -> list[Any]:
        raise error

    monkeypatch.setattr(Double, "step", dying)
    monkeypatch.setattr(module, "MOST_DEATHS", 2)
    with Engine() as engine, pytest.raises(EngineLost) as caught:
        list(engine.generate(prompts(1000)))
    assert ("lower COPYDESK_MAX_NUM_SEQS" in str(caught.value)) is mend


def test_an_engine_that_cannot_be_replaced_ends_the_work_with_both_reasons(
    built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(options: EngineOptions, length: int) -> Double:
        raise EngineError("vLLM can't load it")

    with Engine() as engine:
        built[0].kills.add(5)
        monkeypatch.setattr(module, "_build", cannot)
        told = r"died \(CUDA error: .*\), and another can't be built: vLLM can't load it"
        with pytest.raises(EngineLost, match=told) as caught:
            list(engine.generate(prompts(20)))
    assert "\n" not in str(caught.value)


def test_a_dead_engine_in_this_process_is_gone_before_the_next_is_built(
    built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be no memory for two, and that may be what it died of."""
    alive: weakref.WeakSet[Double] = weakref.WeakSet()
    most = 0

    def build(options: EngineOptions, length: int) -> Double:
        nonlocal most
        engine = Double({5} if not most else set(), [])
        alive.add(engine)
        most = max(most, len(alive))
        return engine

    monkeypatch.setattr(module, "_build", build)
    with Engine() as engine:
        results = list(engine.generate(prompts(20)))
        assert engine.deaths == 1
    assert len(results) == 20
    assert most == 1


@pytest.mark.parametrize("swallowed", [0, 2])
@pytest.mark.parametrize("ctrl_c_is", [signal.default_int_handler, signal.SIG_IGN])
def test_a_silent_engine_in_this_process_is_interrupted(
    built: list[Double], monkeypatch: pytest.MonkeyPatch, swallowed: int, ctrl_c_is: Any
) -> None:
    step, left = Double.step, swallowed
    signal.signal(signal.SIGINT, ctrl_c_is)

    def silent(self: Double) -> list[Any]:
        nonlocal left
        if len(built) == 1 and self.steps == 5:
            for _ in range(1000):
                try:
                    time.sleep(0.01)
                except KeyboardInterrupt:
                    if not left:
                        raise
                    left -= 1
        return step(self)

    monkeypatch.setattr(Double, "step", silent)
    with Engine(EngineOptions(silence=0.2)) as engine:
        results = list(engine.generate(prompts(20)))
    assert sorted(result.brief.id for result in results if isinstance(result, Generation)) == list(range(20))
    assert engine.deaths == 1


def test_a_persons_interruption_stays_one_and_ends_what_is_in_flight(
    built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Double) -> list[Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Double, "step", interrupted)
    with Engine() as engine, pytest.raises(KeyboardInterrupt):
        list(engine.generate(prompts(20)))
    assert built[0].waiting == []
    assert len(built) == 1


class Finaliser:
    """A signal reaches Python in ``__del__``, as after a long call into C."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_that_a_finaliser_of_the_engine_would_swallow_still_stops_and_what_is_finished_is_kept(
    built: list[Double], monkeypatch: pytest.MonkeyPatch, number: int, raised: type[BaseException]
) -> None:
    step = Double.step

    def signalled(self: Double) -> list[Any]:
        if self.steps == 5:
            Finaliser(number)
        return step(self)

    def terminate(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    monkeypatch.setattr(Double, "step", signalled)
    before = signal.signal(signal.SIGTERM, terminate)
    results: list[Any] = []
    try:
        with Engine() as engine, pytest.raises(raised):
            results.extend(engine.generate(prompts(20)))
        handler_after = signal.getsignal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [result.brief.id for result in results] == list(range(6))
    assert built[0].waiting == []
    assert handler_after is terminate


def test_what_is_ignored_stays_ignored_during_a_step(built: list[Double], monkeypatch: pytest.MonkeyPatch) -> None:
    step = Double.step

    def signalled(self: Double) -> list[Any]:
        signal.raise_signal(signal.SIGINT)
        return step(self)

    monkeypatch.setattr(Double, "step", signalled)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Engine() as engine:
        results = list(engine.generate(prompts(20)))
    assert len(results) == 20
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_second_signal_does_not_wait_for_the_end_of_the_step(
    built: list[Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(self: Double) -> list[Any]:
        for _ in range(1000):
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("no signal had an effect")

    monkeypatch.setattr(Double, "step", endless)
    with Engine() as engine, pytest.raises(KeyboardInterrupt):
        list(engine.generate(prompts(20)))


def test_the_engine_goes_on_while_no_prompt_is_ready_and_waits_when_it_has_nothing_to_do(built: list[Double]) -> None:
    steps_between: list[int] = []

    def slow() -> Iterator[Prompt | None]:
        for prompt in prompts(6):
            before = built[0].steps
            yield from [None] * 4
            steps_between.append(built[0].steps - before)
            yield prompt

    with Engine() as engine:
        results = list(engine.generate(slow()))
    assert sorted(result.brief.id for result in results) == list(range(6))
    assert steps_between[0] == 0
    assert all(steps_between[1:])
