"""Keeping processes running: what dies is started again, after a pause that grows while it keeps dying."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0
"""After running for so long, a process is no longer one that keeps dying."""
LONGEST_LOG_BYTES: Final = 64 * 1024 * 1024


class Startable(Protocol):
    """What can be supervised; silkway.embedded.Daemon is one."""

    name: str
    log: Path

    @property
    def pid(self) -> int | None: ...
    @property
    def exit_code(self) -> int | None: ...
    def start(self) -> None: ...
    def stop(self, timeout_s: float = ...) -> None: ...


class State(Enum):
    """What a supervised process is doing."""

    RUNNING = "running"
    WAITING = "waiting"
    """Dead, to be started again when its pause is over."""
    DONE = "done"
    """Ended well, and was meant to end."""


@dataclass
class Unit:
    """One supervised process. `once`: it is meant to end by itself, with exit code 0."""

    process: Startable
    once: bool = False
    state: State = State.RUNNING
    restarts: int = 0
    pause_s: float = FIRST_PAUSE_S
    began_at: float = 0.0
    retry_at: float = 0.0


class Supervisor:
    """Starts processes and looks after them whenever `look` is called; `clock` is a monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.units: dict[str, Unit] = {}

    def start(self, process: Startable, once: bool = False) -> None:
        """Start a process and look after it from now on."""
        process.start()
        self.adopt(process, once)

    def adopt(self, process: Startable, once: bool = False) -> None:
        """Look after a process that has been started already."""
        self.units[process.name] = Unit(process, once, began_at=self._clock())

    def look(self) -> list[str]:
        """See who died, start again whose pause is over; return what happened, a sentence each."""
        return [news for unit in self.units.values() if (news := self._look_at(unit))]

    def stop(self, names: Iterable[str]) -> None:
        """Stop these processes at the same time and forget them; return when all are gone."""
        units = [self.units.pop(name) for name in list(names) if name in self.units]
        with ThreadPoolExecutor(max(1, len(units))) as pool:
            list(pool.map(lambda unit: unit.process.stop(), units))

    def _look_at(self, unit: Unit) -> str | None:
        now, process = self._clock(), unit.process
        if unit.state is State.RUNNING and process.pid is None:
            if unit.once and process.exit_code == 0:
                unit.state = State.DONE
                return None
            if now - unit.began_at >= STEADY_S:
                unit.pause_s = FIRST_PAUSE_S
            unit.state, unit.retry_at = State.WAITING, now + unit.pause_s
            pause_s, unit.pause_s = unit.pause_s, min(2 * unit.pause_s, LONGEST_PAUSE_S)
            return f"{process.name} died ({_cause(process.exit_code)}); starting again in {pause_s:g} s"
        if unit.state is State.WAITING and now >= unit.retry_at:
            unit.state, unit.began_at = State.RUNNING, now
            unit.restarts += 1
            process.start()
            return f"{process.name} started again"
        if unit.state is State.RUNNING:
            _rotate(process.log)
        return None


def _cause(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"


def _rotate(log: Path) -> None:
    """Keep one older copy; the process goes on writing into the emptied file, which it has open to append."""
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as file:
            file.truncate(0)
