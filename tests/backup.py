"""Backups of a database that is in use, as PostgreSQL's own tools make them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from silkway.embedded.postgres import _binary

if TYPE_CHECKING:
    from pathlib import Path


async def back_up(url: str, file: Path) -> None:
    """One moment of the database at `url`, kept in a file, while others go on with it."""
    await _run("pg_dump", "--format=custom", f"--file={file}", url)


async def bring_back(file: Path, url: str) -> None:
    """What was backed up, in the empty database at `url`."""
    await _run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", str(file))


async def _run(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        _binary(program), *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
