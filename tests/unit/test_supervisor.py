"""The supervisor as a dialogue: processes die, time passes, it looks."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from silkway.cli import supervisor as supervision
from silkway.cli.supervisor import Startable, State, Supervisor
from silkway.embedded import Daemon

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Scripted:
    """A process that lives and dies as told."""

    log: Path
    name: str = "order"
    pid: int | None = None
    exit_code: int | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.pid, self.exit_code = self.starts, None

    def stop(self, timeout_s: float = 10.0) -> None:
        self.die(0)

    def die(self, exit_code: int) -> None:
        self.pid, self.exit_code = None, exit_code


@dataclass
class Desk:
    """A supervisor of one process, with a clock that is set by hand."""

    process: Scripted
    now: float = 0.0
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(lambda: self.now)

    def after(self, seconds: float) -> list[str]:
        self.now += seconds
        return self.supervisor.look()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Scripted(tmp_path / "order.jsonl"))


def test_a_dead_process_is_started_again_after_its_pause(desk: Desk) -> None:
    # given a running process
    desk.supervisor.start(desk.process)
    assert desk.after(1) == []
    # when it is killed, then that is said, and it is not started at once
    desk.process.die(-9)
    assert desk.after(0) == ["order died (signal 9); starting again in 0.5 s"]
    assert desk.supervisor.units["order"].state is State.WAITING
    assert desk.after(0.4) == []
    # but when its pause is over
    assert desk.after(0.1) == ["order started again"]
    assert (desk.process.starts, desk.supervisor.units["order"].restarts) == (2, 1)


def test_the_pause_doubles_up_to_half_a_minute(desk: Desk) -> None:
    desk.supervisor.start(desk.process)
    pauses = []
    for _ in range(9):
        desk.process.die(1)
        [news] = desk.after(0)
        pauses.append(float(news.split()[-2]))
        assert desk.after(30) == ["order started again"]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_of_steady_work_is_a_new_beginning(desk: Desk) -> None:
    desk.supervisor.start(desk.process)
    for steady_s, pause in ((1, "0.5 s"), (59, "1 s"), (60, "0.5 s")):
        desk.now += steady_s
        desk.process.die(1)
        assert desk.after(0)[0].endswith(f"again in {pause}")
        desk.after(1)


def test_what_is_meant_to_end_may_end(desk: Desk) -> None:
    # given a task, when it ends well, then it is done for good
    desk.supervisor.start(desk.process, once=True)
    desk.process.die(0)
    assert desk.after(0) == []
    assert desk.after(60) == []
    assert desk.supervisor.units["order"].state is State.DONE


def test_a_task_that_fails_is_tried_again(desk: Desk) -> None:
    desk.supervisor.start(desk.process, once=True)
    desk.process.die(1)
    assert desk.after(0) == ["order died (exit code 1); starting again in 0.5 s"]
    assert desk.after(1) == ["order started again"]


def test_a_stopped_process_stays_stopped(desk: Desk) -> None:
    desk.supervisor.start(desk.process)
    desk.supervisor.stop(["order", "never-heard-of"])
    assert desk.after(60) == []
    assert desk.process.starts == 1


def test_a_long_log_is_put_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a process whose log has become long
    monkeypatch.setattr(supervision, "LONGEST_LOG_BYTES", 10)
    desk.process.log.write_text("eleven bytes")
    desk.supervisor.start(desk.process)
    # when the supervisor looks, then the log begins anew and the old lines are kept beside it
    desk.after(1)
    assert desk.process.log.read_text() == ""
    assert desk.process.log.with_name("order.jsonl.1").read_text() == "eleven bytes"


def _daemon(folder: Path, program: str) -> Daemon:
    return Daemon("real", [sys.executable, "-c", program], folder / "real.log", folder / "real.json")


def test_a_real_process_is_restarted(tmp_path: Path) -> None:
    # given a supervised process of this machine
    daemon: Startable = _daemon(tmp_path, "import time; time.sleep(60)")
    supervisor = Supervisor()
    supervisor.start(daemon)
    first = daemon.pid
    assert isinstance(daemon, Daemon)
    # when it is killed
    daemon.kill()
    assert daemon.exit_code == -9
    # then another one runs soon
    deadline = time.monotonic() + 10
    while daemon.pid is None and time.monotonic() < deadline:
        supervisor.look()
        time.sleep(0.05)
    assert daemon.pid not in (None, first)
    supervisor.stop(["real"])
    assert daemon.pid is None


def test_a_leftover_of_a_killed_starter_is_stopped_first(tmp_path: Path) -> None:
    # given a process whose starter forgot about it
    forgotten = _daemon(tmp_path, "import time; time.sleep(60)")
    forgotten.start()
    # when another starter starts the same
    successor = _daemon(tmp_path, "print('hello')")
    successor.start()
    # then the leftover is gone
    assert forgotten.pid is None
    successor.stop()
    assert successor.last_lines() in ("", "hello")


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = _daemon(
        tmp_path,
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
    )
    deaf.start()
    while "deaf" not in deaf.last_lines():
        time.sleep(0.02)
    deaf.stop(timeout_s=0.2)
    assert deaf.exit_code == -9
