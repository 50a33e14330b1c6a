"""`silkway keys`: who may come in over HTTP.

The keys stand in the database of each service, for none asks another. Every command here leaves them equal in all that
it reaches: what one lacks it gets from the others, and what is revoked anywhere is revoked everywhere.
Exit codes: 0 done, 1 done, but a database was away or there is no such key (repeat it, or `silkway keys sync`), 2 wrong
usage.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import ERR, FINDINGS, OUT, fail, print_json
from silkway.contracts.fields import TENANT_PATTERN
from silkway.contracts.keys import LIVE_CLOCK
from silkway.messaging.database import DATABASE_ERRORS, connect
from silkway.messaging.keys import EVERY_TENANT, new_key, read_key

Row = dict[str, Any]
_COLUMNS: Final = (
    "key_id",
    "secret_hash",
    "tenant",
    "scopes",
    "name",
    "created_at",
    "expires_at",
    "revoked_at",
)
_ALL: Final = f"SELECT {', '.join(_COLUMNS)} FROM api_keys ORDER BY created_at, key_id"
_PUT: Final = f"""
    INSERT INTO api_keys ({", ".join(_COLUMNS)}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (key_id) DO UPDATE SET revoked_at = least(api_keys.revoked_at, excluded.revoked_at)
    WHERE api_keys.revoked_at IS DISTINCT FROM least(api_keys.revoked_at, excluded.revoked_at)"""

TenantOption = Annotated[
    str, typer.Option(help="Whose data it opens; '*': of every tenant, for those who run the installation.")
]
ScopeOption = Annotated[
    list[str], typer.Option("--scope", help="read, publish, operate or admin; may be given several times.")
]
NameOption = Annotated[str, typer.Option(help="Who holds it: a person or a program. It signs decisions.")]
ExpiresOption = Annotated[str, typer.Option(help="Until when, RFC 3339 or a date; by default for ever.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The result as JSON.")]

keys = typer.Typer(help="Who may come in over HTTP: keys, made and revoked.", no_args_is_help=True)


@keys.command()
def create(
    tenant: TenantOption, scope: ScopeOption, name: NameOption, expires: ExpiresOption = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Make a key and show it, once: only its hash is kept."""
    text = new_key()
    row = _row(text, tenant, scope, name, expires)
    away = _write([row])
    if as_json:
        print_json({"key": text, **_shown(row), "away": away})
    else:
        OUT.print(text, markup=False, highlight=False, soft_wrap=True)
        ERR.print("It is not shown again.")
    _tell(away)


@keys.command()
def register(
    file: Annotated[Path, typer.Argument(help="A file that holds a key: silkway_<id>_<secret>.")],
    tenant: TenantOption, scope: ScopeOption, name: NameOption, expires: ExpiresOption = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let a key in that was made elsewhere, as a file of secrets. Harmless to repeat. Exit code 1: see above, or it is
    known as another's, or revoked."""
    try:
        text = file.read_text().strip()
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    row = _row(text, tenant, scope, name, expires)
    known = _joined(_read()).get(row["key_id"], row)
    if any(known[column] != row[column] for column in ("secret_hash", "tenant", "scopes", "revoked_at")):
        fail(f"{row['key_id']} is known as another's key, or is revoked. Make a new one.", FINDINGS)
    away = _write([row])
    print_json({**_shown(row), "away": away}) if as_json else OUT.print(f"{row['key_id']} is let in.")
    _tell(away)


@keys.command("list")
def list_keys(
    tenant: Annotated[str, typer.Option(help="Only of this tenant.")] = "", as_json: JsonOption = False
) -> None:
    """All keys, without their secrets, and in which databases one is not as in the others."""
    found = _read()
    rows = [row for row in _joined(found).values() if tenant in ("", row["tenant"])]
    shown = [{**_shown(row), "differs_in": _differing(found, row)} for row in rows]
    away = sorted(name for name, known in found.items() if known is None)
    if as_json:
        print_json({"keys": shown, "away": away})
    else:
        table = Table(*(Column(name.replace("_", " "), overflow="fold") for name in (*_LISTED, "differs_in")))
        for row in shown:
            table.add_row(*(_cell(row[name]) for name in (*_LISTED, "differs_in")))
        OUT.print(table if shown else "None.")
    _tell(away)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `list` shows it, or the key itself.")],
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let a key in no more; services know it within three seconds. Exit code 1: there is none, or see above."""
    whole = read_key(key_id)
    wanted = whole.key_id if whole is not None else key_id
    row = _joined(_read()).get(wanted)
    if row is None:
        fail(f"No database knows the key {wanted}.", FINDINGS)
    away = _write([{**row, "revoked_at": row["revoked_at"] or dt.datetime.now(dt.UTC)}])
    print_json({"key_id": wanted, "away": away}) if as_json else OUT.print(f"{wanted} is revoked.")
    _tell(away)


@keys.command()
def sync(as_json: JsonOption = False) -> None:
    """Make the keys equal in all databases: after one was away, or was restored from a backup."""
    away = _write([])
    print_json({"away": away}) if as_json else OUT.print("The keys are equal in all databases that answer.")
    _tell(away)


_LISTED: Final = ("key_id", "tenant", "scopes", "name", "created_at", "expires_at", "revoked_at")


def _row(text: str, tenant: str, scopes: Sequence[str], name: str, expires: str) -> Row:
    key = read_key(text)
    if key is None:
        fail("This is no key: silkway_, 12 hexadecimal digits, _, 64 hexadecimal digits.")
    if tenant != EVERY_TENANT and (not re.fullmatch(TENANT_PATTERN, tenant) or tenant == LIVE_CLOCK):
        fail(f"--tenant: {tenant!r} is none: 1 to 40 of a-z, 0-9 and -, not starting with -; or '*'.")
    if not scopes or set(scopes) - {"read", "publish", "operate", "admin"}:
        fail("--scope: give one or several of read, publish, operate, admin.")
    if not name.strip() or len(name) > 200:
        fail("--name: say who holds it, in at most 200 characters.")
    now = dt.datetime.now(dt.UTC)
    until = _moment(expires)
    if until is not None and until <= now:
        fail(f"--expires: {expires} is over.")
    return {
        "key_id": key.key_id, "secret_hash": key.secret_hash, "tenant": tenant, "scopes": sorted(set(scopes)),
        "name": name.strip(), "created_at": now, "expires_at": until, "revoked_at": None,
    }  # fmt: skip


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        fail(f"--expires: {text!r} is no time: write it as 2027-01-31 or 2027-01-31T12:00:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _read() -> dict[str, dict[str, Row] | None]:
    """By service, all its keys by id; None where its database does not answer."""
    return asyncio.run(_with_all([]))


def _write(rows: Sequence[Row]) -> list[str]:
    """Put these and all that any database knows into every database; which of them were away."""
    found = asyncio.run(_with_all(rows, join=True))
    if all(known is None for known in found.values()):
        fail("No database answers. Nothing was done.")
    return sorted(name for name, known in found.items() if known is None)


async def _with_all(rows: Sequence[Row], *, join: bool = False) -> dict[str, dict[str, Row] | None]:
    system = addresses.find()
    names = [name for name in addresses.PROCESSES if name != addresses.AUDITOR or name in system.databases]
    urls = {name: system.database(name) for name in names}
    read = dict(zip(names, await asyncio.gather(*(_keys_of(urls[name]) for name in names)), strict=True))
    if join:
        found = {**_joined(read)}
        for row in rows:
            found.setdefault(row["key_id"], row)
            found[row["key_id"]] = {**found[row["key_id"]], "revoked_at": _first(found[row["key_id"]], row)}
        there = [name for name in names if read[name] is not None]
        done = await asyncio.gather(*(_put(urls[name], list(found.values())) for name in there))
        read.update({name: None for name, well in zip(there, done, strict=True) if not well})
    return read


async def _keys_of(url: str) -> dict[str, Row] | None:
    try:
        connection = await connect(url, "silkway-keys")
        try:
            return {row["key_id"]: dict(row) for row in await connection.fetch(_ALL)}
        finally:
            await connection.close()
    except asyncpg.UndefinedTableError:
        fail("A database has no table of keys yet: run `silkway migrate` first.")
    except DATABASE_ERRORS:
        return None


async def _put(url: str, rows: Sequence[Row]) -> bool:
    try:
        connection = await connect(url, "silkway-keys")
        try:
            await connection.executemany(_PUT, [[row[column] for column in _COLUMNS] for row in rows])
        finally:
            await connection.close()
    except DATABASE_ERRORS:
        return False
    return True


def _joined(found: dict[str, dict[str, Row] | None]) -> dict[str, Row]:
    """All keys of all databases; what is revoked in one is revoked."""
    joined: dict[str, Row] = {}
    for known in found.values():
        for key_id, row in (known or {}).items():
            before = joined.setdefault(key_id, row)
            joined[key_id] = {**before, "revoked_at": _first(before, row)}
    return joined


def _first(one: Row, other: Row) -> dt.datetime | None:
    moments = [row["revoked_at"] for row in (one, other) if row["revoked_at"] is not None]
    return min(moments, default=None)


def _differing(found: dict[str, dict[str, Row] | None], row: Row) -> list[str]:
    return [
        name
        for name, known in found.items()
        if known is not None and known.get(row["key_id"]) != {column: row[column] for column in _COLUMNS}
    ]


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _LISTED}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return escape(" ".join(value))
    return (
        "–"
        if value is None
        else escape(f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else value)
    )


def _tell(away: Sequence[str]) -> None:
    if away:
        fail(f"Away: {', '.join(away)}. Say `silkway keys sync` when they are back.", FINDINGS)
