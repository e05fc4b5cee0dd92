"""Watches over vLLM's engine: ends one that falls silent, says how its processes ended, lets no signal get lost in it,
and leaves no orphan.

What follows from a death is the engine module's.
"""

import _thread
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any


class Watch:
    """Ends an engine that stays silent in a step, and tells of one whose process is gone.

    vLLM has been seen to stop without a word (github.com/vllm-project/vllm/issues/39863); and of a killed process its
    synchronous client learns, but goes on waiting for the next output.
    """

    def __init__(self, engine: Any, processes: Sequence[Any], silence: float) -> None:
        """``processes`` are those that vLLM runs in, which it forgets when it finds them dead; none: this one."""
        self._engine, self._silence, self._processes = engine, silence, processes
        self._cause = ""
        self._since: float | None = None
        self._stopped = threading.Event()
        self._guard = Guard([process.pid for process in processes]) if processes else None
        self._later = Later()
        threading.Thread(target=self._run, name="engine watch", daemon=True).start()

    def __enter__(self) -> None:
        self._since = time.monotonic()
        if not self._processes:
            self._later.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._since = None
        self._later.end()

    def obey(self) -> None:
        """Let a signal that came during a step have its effect: raises what its handler raises."""
        self._later.obey()

    def stop(self) -> None:
        """The engine is to be shut down."""
        self._stopped.set()
        if self._guard is not None:
            self._guard.stop()

    def cause(self) -> str:
        """Why the engine was ended, or how its process was: vLLM says only that it was. Empty when neither is so."""
        return self._cause or _how_ended(self._processes)

    def _run(self) -> None:
        while not self._stopped.wait(min(1.0, self._silence / 4)):
            since = self._since
            if since is None:
                continue
            silent = time.monotonic() - since > self._silence
            self._cause = f"no token for {self._silence:.0f} s" if silent else _how_ended(self._processes)
            if self._cause:
                if self._processes:
                    self._stopped.set()
                self._end()  # in this process again and again until the step has ended: Python may swallow the first

    def _end(self) -> None:
        if not self._processes:
            self._later.at_once = True
            _thread.interrupt_main()
            return
        for process in self._processes:
            process.kill()
        outputs = getattr(self._engine.engine_core, "outputs_queue", None)
        if outputs is not None:
            outputs.put_nowait(RuntimeError(self._cause))


def _how_ended(processes: Sequence[Any]) -> str:
    for process in processes:
        if not process.is_alive():
            if process.exitcode == -signal.SIGKILL:
                return "its process was killed, as by the kernel when memory runs out"
            return f"its process ended with status {process.exitcode}"
    return ""


class Later:
    """Ctrl-C and SIGTERM take effect when a step of the engine has ended, a second one at once.

    A step is C for tenths of a second, and the first Python after it may be a finaliser's, in which Python swallows
    what a handler raises: the run would go on as if nobody had asked.
    """

    def __init__(self) -> None:
        self.at_once = False  # the step is to be interrupted: KeyboardInterrupt, also where Ctrl-C is ignored
        self._before: dict[int, Any] = {}  # the handlers
        self._asked: int | None = None

    def begin(self) -> None:
        """Signals wait from here. Only the main thread hears them; another has nothing to wait for."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if callable(handler) or (number == signal.SIGINT and handler is not None):
                    self._before[number] = handler
                    signal.signal(number, self._hear)

    def end(self) -> None:
        """Signals don't wait any more."""
        while self._before:
            signal.signal(*self._before.popitem())

    def obey(self) -> None:
        """Raise what the handler of a signal that has waited raises."""
        if self._asked is not None:
            asked, self._asked = self._asked, None
            signal.raise_signal(asked)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.at_once and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not callable(handler := self._before[number]):
            return  # ignored, as in a shell's background
        if self._asked is not None:
            handler(number, frame)
        self._asked = number


class Guard:
    """Ends processes when this one ends, however it does.

    vLLM's engine lives on after a parent that was killed, idle, with all its memory and the GPU's; so does Prefect's
    temporary server.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        # The shell reads to the end of a pipe of which only this process has the other end. In a session of its own,
        # for whoever kills this process may kill its whole group.
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -9 "$@" 2>/dev/null', "guard", *map(str, pids)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Leave them to themselves. Safe to call twice."""
        self._shell.kill()
        self._shell.communicate()
