"""`silkway access`: who may do what on Kafka and in PostgreSQL, shown and put into force."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer

from silkway.cli import addresses
from silkway.cli.access import tables as table_rights
from silkway.cli.access import topics as topic_rights
from silkway.cli.access.roles import Unstated, grant_tables, make_roles
from silkway.cli.console import OUT, fail, print_json
from silkway.messaging.database import database_url
from silkway.messaging.kafka import entrance
from silkway.messaging.secret import read_secret

_SUPERUSER: Final = "POSTGRES_DATABASE"
_AWAY: Final = (asyncpg.PostgresError, OSError, TimeoutError)

access = typer.Typer(
    help="Who may do what on Kafka and in PostgreSQL: shown, and put into force.", no_args_is_help=True
)


@access.command()
def kafka() -> None:
    """Make Kafka's users and ACLs what the table says, as its administrator; what is not in it goes.

    Each user's password is the secret kafka_<user> (SILKWAY_SECRETS: the folder, /run/secrets by default).
    """
    from confluent_kafka import KafkaException  # its library loads for a while: only this command needs it

    from silkway.cli.access.brokers import admin_client, apply

    system = addresses.find()
    passwords = _passwords("kafka", topic_rights.PRINCIPALS)
    try:
        done = apply(admin_client(entrance(system.kafka)), topic_rights.rights(system.prefix), passwords)
    except KafkaException as error:
        fail(f"Kafka: {error.args[0].str()}")
    OUT.print(
        f"{len(passwords)} users; rights: {done.granted} granted, {done.revoked} revoked;"
        f" {done.forgotten} users forgotten",
        soft_wrap=True,
    )


@access.command()
def roles() -> None:
    """Make databases and roles, and say who reaches which database; passwords are the secrets database_<role>.

    POSTGRES_DATABASE_URL and POSTGRES_DATABASE_PASSWORD_FILE: the superuser's.
    """
    passwords = _passwords("database", table_rights.roles())
    try:
        done = asyncio.run(make_roles(_superuser(), passwords))
    except _AWAY as error:
        fail(f"Database: {type(error).__name__}: {error}")
    OUT.print(f"{len(passwords)} roles; new: {', '.join(done) or 'nothing'}", soft_wrap=True)


@access.command()
def tables() -> None:
    """Give the roles their rights on the tables that the migrations have made, and no others."""
    try:
        count = asyncio.run(grant_tables(_superuser()))
    except Unstated as error:
        fail(str(error))
    except _AWAY as error:
        fail(f"Database: {type(error).__name__}: {error}")
    OUT.print(f"{count} tables in {len(table_rights.DATABASES)} databases")


@access.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="Both tables as JSON.")] = False) -> None:
    """What is allowed; all else is refused."""
    rights = sorted(topic_rights.rights(addresses.find().prefix))
    grants = [
        {"role": role, "database": service, "table": table, **grant._asdict()}
        for service in table_rights.DATABASES
        for role, granted in table_rights.rights_of(service).items()
        for table, grant in granted.items()
    ]
    if as_json:
        print_json({"kafka": [right._asdict() for right in rights], "postgresql": grants})
        return
    for right in rights:
        OUT.print(*right, markup=False)
    for grant in grants:
        OUT.print(*grant.values(), markup=False)


def _passwords(system: str, names: Iterable[str]) -> dict[str, str]:
    folder = Path(os.environ.get("SILKWAY_SECRETS", "/run/secrets"))
    return {name: read_secret(str(folder / f"{system}_{name}"), "SILKWAY_SECRETS") for name in names}


def _superuser() -> str:
    url = os.environ.get(f"{_SUPERUSER}_URL")
    if url is None:
        fail(f"{_SUPERUSER}_URL is not set: roles and rights are made by the superuser")
    return database_url(f"{_SUPERUSER}_URL", url, os.environ.get(f"{_SUPERUSER}_PASSWORD_FILE"))
