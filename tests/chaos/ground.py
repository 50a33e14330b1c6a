"""What a storm rages over: servers of its own behind proxies, services that know only the proxies."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from silkway.cli.addresses import SERVICES
from silkway.embedded import Stack
from tests.chaos.proxy import Proxy
from tests.e2e.system import System, prepare_servers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

_DISK_MB: Final = 20_000
_SOCKET: Final = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Ground:
    """A stack, a system on it, and the proxies between them."""

    stack: Stack
    system: System
    kafka: Proxy
    postgres: Proxy
    disk: Path | None
    """Folder of a file system that holds nothing but the databases; None where none may be mounted."""


@contextlib.asynccontextmanager
async def ground(folder: Path, instances: int = 2) -> AsyncIterator[Ground]:
    """Everything started and ready below `folder`, and stopped at the end."""
    with (
        small_disk(folder / "disk", folder / "home" / "postgres") as disk,
        Stack(folder / "home", behind_proxy=True) as stack,
    ):
        door = folder / "door"
        door.mkdir()
        kafka = await Proxy.tcp(stack.kafka.advertised_port, stack.kafka.port)
        postgres = await Proxy.unix(door / _SOCKET, stack.postgres.sockets / _SOCKET)
        try:
            address = f"127.0.0.1:{stack.kafka.advertised_port}"
            system = System(
                address, "", await prepare_servers(stack), folder / "services", instances, _doors(door)
            )
            async with system:
                yield Ground(stack, system, kafka, postgres, disk)
        finally:
            await kafka.close()
            await postgres.close()


def _doors(folder: Path) -> dict[str, str]:
    host = quote(str(folder), safe="/")
    return {f"{name.upper()}_DATABASE_URL": f"postgresql://postgres@/{name}?host={host}" for name in SERVICES}


@contextlib.contextmanager
def small_disk(image: Path, folder: Path) -> Iterator[Path | None]:
    """A file system of its own at `folder`, small enough to be filled; None where this user may not mount one."""
    folder.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(_DISK_MB * 1024 * 1024)
    steps = (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(folder)])
    if any(subprocess.run(step, capture_output=True, check=False).returncode for step in steps):
        yield None
        return
    try:
        (folder / "lost+found").rmdir()  # a new database wants an empty folder
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
