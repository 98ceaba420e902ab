"""One parent for all processes: it prefixes their lines, starts again what ends, and stops all in order."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

from app.embedded import children
from app.embedded.servers import Server

TICK = 0.1  # seconds
GRACE = 8.0  # seconds for a process to finish what it is doing
ENDING = ((signal.SIGTERM, GRACE), (signal.SIGKILL, 5.0))
HURRIED = 2  # times Ctrl-C was pressed
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY = 60.0  # seconds after which an end is no longer the same trouble
COLUMN = len("postgres")


class Stopping(BaseException):
    """Someone pressed Ctrl-C or ended the supervisor."""


class Start(Protocol):
    """Starts a server, and calls `pause` while it waits for it."""

    def __call__(self, *, pause: Callable[[], None]) -> Server:
        """Answer the server once it serves."""
        ...


@dataclass
class Child:
    """A process that should be running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    @property
    def has_failed(self) -> bool:
        """Say whether it ended and waits to be started again."""
        return self.process is None


@dataclass
class Step:
    """A process that does one thing and ends."""

    process: subprocess.Popen[bytes]
    answer: list[str] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        """Say whether it ended and all it wrote was read."""
        pipes = (self.process.stdout, self.process.stderr)
        return self.process.poll() is not None and all(pipe is None or pipe.closed for pipe in pipes)


@dataclass
class Supervisor:
    """Runs servers and processes until it is told to stop; call it from the main thread, which children outlive not."""

    environment: Mapping[str, str]
    directory: Path
    servers: dict[str, tuple[Server, Start]] = field(default_factory=dict)
    processes: list[Child] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _signals: int = 0
    _stopping: bool = False
    _mute: bool = False

    def __post_init__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def say(self, name: str, text: str) -> None:
        """Write one line under the name of a process; when nobody reads any more, as after `| head`, stop in silence."""
        if self._mute:
            return
        try:
            print(f"{name:<{COLUMN}} | {text}" if name else text, flush=True)
        except OSError:
            self._mute = True
            self._signals = max(self._signals, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def serve(self, name: str, start: Start) -> Server:
        """Start a server that stays up below the processes."""
        began = time.monotonic()
        server = start(pause=self.rest)
        self.servers[name] = (server, start)
        self.say(name, f"{server.name} is up ({time.monotonic() - began:.1f} s), data in {server.data}")
        return server

    def begin(self, name: str, command: Sequence[str]) -> Step:
        """Start a process that ends by itself; show its standard error as it comes."""
        step = Step(self._spawn(name, command, stderr=subprocess.PIPE))
        assert step.process.stdout is not None
        assert step.process.stderr is not None
        self._listen(step.process.stdout, step.answer.append)
        self._listen(step.process.stderr, lambda line: self.say(name, line))
        self.steps.append(step)
        return step

    def finish(self, step: Step) -> tuple[int, list[str]]:
        """Wait for a step's end; answer its exit code and the lines it printed."""
        self.watch(until=lambda: step.has_ended)
        self.steps.remove(step)
        children.kill(step.process)
        return step.process.returncode, step.answer

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process and keep it running."""
        child = Child(name, command)
        self.processes.append(child)
        self._launch(child)
        return child

    def watch(self, until: Callable[[], bool]) -> None:
        """Pass lines on and start again what ends, until the condition holds."""
        while not until():
            self.rest()
            for name, (server, start) in self.servers.items():
                if server.process.poll() is not None:
                    self.say(name, f"{_ending(server.process)}; starting it again")
                    self.servers[name] = (start(pause=self.rest), start)
            for child in self.processes:
                self._revive(child)

    def stop(self) -> None:
        """Tell the processes to end in the order they are named, and once all have ended stop the servers."""
        self._stopping = True
        self.say("", "Stopping. Press Ctrl-C again to stop at once.")
        children.stop([step.process for step in self.steps], ENDING, pause=self._pump, hurried=self._is_hurried)
        running = {child.process: child.name for child in self.processes if child.process}
        children.stop([*running], ENDING, pause=self._pump, hurried=self._is_hurried)
        for process, name in running.items():
            if process.returncode == -signal.SIGKILL:
                self.say(name, f"was killed, as it did not end within {GRACE:.0f} s")
        for server, _ in reversed(self.servers.values()):
            server.stop(pause=self._pump, hurried=self._is_hurried)

    def rest(self) -> None:
        """Wait a moment, passing lines on; give up what is being waited for when someone wants to stop."""
        self._pump()
        if self._signals and not self._stopping:
            raise Stopping

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Count only: an exception out of a signal handler may land in a callback of the library and be lost."""
        self._signals += 1
        if self._signals > HURRIED:
            os._exit(1)  # the kernel tells all processes that their parent is gone

    def _is_hurried(self) -> bool:
        return self._signals >= HURRIED

    def _launch(self, child: Child) -> None:
        child.process = self._spawn(child.name, child.command)
        child.started = time.monotonic()
        assert child.process.stdout is not None
        self._listen(child.process.stdout, lambda line: self.say(child.name, line))

    def _spawn(self, name: str, command: Sequence[str], stderr: int = subprocess.STDOUT) -> subprocess.Popen[bytes]:
        environment = {**self.environment, "OUTLAY_PROCESS": f"outlay {name}"}
        return children.spawn(command, errors=stderr, environment=environment, directory=self.directory)

    def _revive(self, child: Child) -> None:
        """Start a process again after a pause that doubles as long as it keeps ending soon."""
        now = time.monotonic()
        if child.process and child.process.poll() is not None:
            if now - child.started > STEADY:
                child.pause = FIRST_PAUSE
            self.say(child.name, f"{_ending(child.process)}; starting it again in {child.pause:.0f} s")
            children.kill(child.process)
            child.process, child.due = None, now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        if child.process is None and now >= child.due:
            self._launch(child)

    def _listen(self, pipe: IO[bytes], line: Callable[[str], None]) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ, _Lines(line))

    def _pump(self) -> None:
        """Pass on what processes wrote, waiting a moment for it."""
        for key, _ in self._selector.select(TICK):
            chunk = os.read(key.fd, 65536)
            key.data.feed(chunk)
            if not chunk:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]


@dataclass
class _Lines:
    """Cuts what a pipe brings into lines."""

    write: Callable[[str], None]
    rest: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Write each line that is complete; at the end, which is an empty chunk, also the last one."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        if not chunk and self.rest:
            lines.append(self.rest)
        for line in lines:
            self.write(line.decode(errors="replace").rstrip("\r"))


def _ending(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
