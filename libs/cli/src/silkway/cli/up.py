"""`silkway up`: run the whole system on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from silkway.cli import addresses
from silkway.cli.console import fail
from silkway.cli.system import System
from silkway.cli.view import LiveView, PlainView
from silkway.embedded import Home

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

_DETACH_TIMEOUT_S = 600.0  # a first start downloads Kafka


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Leave it running and return when it is ready.")
    ] = False,
) -> None:
    """Start Kafka, PostgreSQL, the four services, the clock and the auditor; show them until Ctrl-C.

    The data lies in SILKWAY_HOME (default .silkway). Servers given by KAFKA_BOOTSTRAP_SERVERS and
    *_DATABASE_URL are used instead of own ones.
    """
    folder = addresses.home()
    folder.mkdir(parents=True, exist_ok=True)
    if detach:
        _detach(folder)
        return
    signal.signal(signal.SIGTERM, _interrupt)
    with LiveView() if sys.stdout.isatty() else PlainView() as view:
        try:
            System(folder, view).run()
        except KeyboardInterrupt:
            view.say("stopped; the data stays")
        except (RuntimeError, OSError) as error:
            fail(str(error), code=1)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _detach(folder: Path) -> None:
    """Start another `silkway up` without a terminal, repeat what it says until it is ready."""
    if holder := Home(folder).holder():
        fail(f"process {holder} already runs on {folder}", code=1)
    log = folder / "logs" / "up.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "silkway.cli", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "SILKWAY_HOME": str(folder)},
        )
    deadline = time.monotonic() + _DETACH_TIMEOUT_S
    with log.open() as lines:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            sys.stdout.write(lines.read())
            sys.stdout.flush()
            if ended:
                fail("it did not start", code=1)
            system = addresses.read_system(folder)
            if system.get("supervisor") == process.pid and system.get("ready_after_s") is not None:
                return
            time.sleep(0.1)
    fail(f"not ready after {_DETACH_TIMEOUT_S:.0f} s; it is left running, see `silkway status`", code=1)
