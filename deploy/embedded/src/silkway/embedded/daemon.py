"""A long-running process of this machine that outlives neither its starter nor a restart unseen."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_PR_SET_PDEATHSIG = 1


@dataclass
class Daemon:
    """One supervised process: it logs to a file, leaves a note of its pid and can be found again by it.

    `stop_signal` asks for a clean stop; on Linux the kernel sends it too when the starter dies, so that
    not even a killed starter leaves anything behind. The child belongs to the thread that starts it
    (the kernel counts its parent so): start daemons from a thread that lives as long as they should.
    """

    name: str
    command: Sequence[str]
    log: Path
    note: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        """Pid while the process runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Exit code after it ended (negative: the signal that killed it); None before."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it; what an earlier, killed starter left running under this name is stopped first."""
        self.stop_leftover()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.note.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C in the terminal is for the starter alone
                preexec_fn=_die_with_starter(self.stop_signal),
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        self.note.write_text(json.dumps({"pid": self._process.pid, "born": _born(self._process.pid)}))

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask it to stop, wait, and kill it (and whatever it started) when the time is over."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        self.note.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill -9 of the whole process group, and wait until it is gone."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop_leftover(self, timeout_s: float = 10.0) -> None:
        """Stop the process the note tells of, if it still is that very process and not its pid's heir."""
        try:
            note = json.loads(self.note.read_text())
            process = psutil.Process(note["pid"])
            if self.pid == process.pid or abs(process.create_time() - note["born"]) > 1.0:
                return
            process.send_signal(self.stop_signal)
            try:
                process.wait(timeout_s)
            except psutil.TimeoutExpired:
                process.kill()
        except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
            return

    def last_lines(self, count: int = 20) -> str:
        """The end of its log, for messages about a failed start."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def _born(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _die_with_starter(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: the child must not load anything between fork and exec
    return lambda: prctl(_PR_SET_PDEATHSIG, int(stop_signal))
