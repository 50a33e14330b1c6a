"""`silkway up` as a user meets it: one command, real processes, some of which are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from silkway.cli.addresses import SERVICES, read_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

READY, NOT_RUNNING = 0, 3
_GIVEN = ("KAFKA_BOOTSTRAP_SERVERS", "SILKWAY_TOPIC_PREFIX", *(f"{s.upper()}_DATABASE_URL" for s in SERVICES))


class House:
    """One data folder and the commands that are given about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def silkway(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _GIVEN}
        return subprocess.run(
            [sys.executable, "-m", "silkway.cli", *words],
            env={**environment, "SILKWAY_HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.silkway("status", "--json").stdout)
        return answer

    def pid(self, name: str) -> int:
        pid: int = read_system(self.folder)["pids"][name]
        return pid

    def kill(self, name: str) -> int:
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def restarted(self, name: str, killed: int) -> bool:
        """Whether `name` runs again under another pid, and all services are ready."""
        return (
            read_system(self.folder)["pids"].get(name) not in (None, killed)
            and self.status()["state"] == "ready"
        )


def eventually(holds: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not so within {within_s} s"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A system that has been started with `silkway up --detach`."""
    house = House(tmp_path_factory.mktemp("house"))
    started = house.silkway("up", "--detach")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        yield house
    finally:
        house.silkway("down")


def test_it_is_ready_when_up_returns(house: House) -> None:
    status = house.status()
    assert status["state"] == "ready"
    assert {name: service["waits_for"] for name, service in status["services"].items()} == dict.fromkeys(
        SERVICES, ""
    )
    assert house.silkway("status").returncode == READY


def test_a_second_up_says_who_is_there(house: House) -> None:
    second = house.silkway("up")
    assert second.returncode == 1
    assert f"process {read_system(house.folder)['supervisor']} already runs" in " ".join(
        second.stderr.split()
    )


@pytest.mark.parametrize("name", ["order", "clock", "postgres", "kafka"])
def test_what_is_killed_comes_back(house: House, name: str) -> None:
    # given a process that runs, when it is killed
    killed = house.kill(name)
    # then it is started again and the system is ready again
    eventually(lambda: house.restarted(name, killed), within_s=60)
    assert house.status()["processes"][name]["restarts"] >= 1


def test_the_built_in_trade_is_played_through_it_all(house: House) -> None:
    eventually(
        lambda: json.loads((house.folder / "demo.json").read_text()).get("finished") is True, within_s=120
    )


def test_down_stops_everything_and_up_finds_the_data_again(house: House) -> None:
    # given a running system, when it is told to stop
    processes = [
        psutil.Process(pid) for pid in read_system(house.folder)["pids"].values() if psutil.pid_exists(pid)
    ]
    assert house.silkway("down").returncode == 0
    # then nothing of it is left
    assert [process for process in processes if process.is_running()] == []
    assert house.silkway("status").returncode == NOT_RUNNING
    # and when it is started again, it is there with the same data, and the trade is not played again
    played = (house.folder / "demo.json").read_text()
    again = house.silkway("up", "--detach")
    assert again.returncode == 0, again.stdout
    eventually(lambda: house.status()["processes"].get("demo", {}).get("state") == "done", within_s=30)
    assert (house.folder / "demo.json").read_text() == played
    assert house.status()["services"]["order"]["parked"] == 0
