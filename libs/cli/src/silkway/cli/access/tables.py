"""Which role may do what with which table. What the services declare of their tables is derived, the rest stated.

A table whose rows are never changed (a ledger) can be read and added to, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from silkway.cli.addresses import AUDITOR, PROCESSES, SERVICES

if TYPE_CHECKING:
    from silkway.messaging import Service
    from silkway.messaging.table import Keyed

PERSONAL: Final = "personal"
DATABASES: Final = (*PROCESSES, PERSONAL)
"""One for each service, the auditor's, and personal data (ADR 37), which all services write and nobody else reads."""
CLOCK, OPERATOR = "clock", "operator"
"""`clock` takes its lock in order's database and sees no table. `operator` is the command: it reads, and makes
databases of its own to replay into."""


def migrator(service: str) -> str:
    """The role that owns the service's tables, for migrations and restoring alone."""
    return f"{service}_migrator"


def runtime(service: str) -> str:
    """The role of the service's instances."""
    return f"{service}_runtime"


class Grant(NamedTuple):
    """What a role may do with a table. `change`: the columns that it may UPDATE."""

    read: bool = True
    add: bool = False
    change: tuple[str, ...] = ()
    remove: bool = False


READ, LEDGER = Grant(), Grant(add=True)
NEVER: Final = frozenset({"schema_migrations"})
"""The migrator's alone."""
ENGINE: Final[Mapping[str, Grant]] = {
    "offsets": Grant(change=("next_offset", "fingerprint", "halted")),
    "ticks": Grant(add=True, change=("tick",)),
    "clocks": Grant(add=True, change=("own", "forward")),
    "aggregates": Grant(add=True, change=("version", "seen", "waiting", "parked", "due_at")),
    "inbox": Grant(add=True, change=("outcome", "detail")),
    "refused": LEDGER,
    "waiting": Grant(add=True, change=("rank", "key", "arrival", "cause", "wants", "known_at"), remove=True),
    "parked": Grant(add=True, change=("error", "attempts", "type", "rank", "key"), remove=True),
    "parked_attempts": LEDGER,
    "outbox": Grant(add=True, remove=True),
    "journal": LEDGER,
    "api_keys": READ,
    "offset_resets": READ,
}
STATED: Final[Mapping[str, Mapping[str, Grant]]] = {
    "notify": {"signing_key": LEDGER},
    AUDITOR: {
        "positions": Grant(add=True, change=("next_offset", "ticks")),
        "books": Grant(add=True, change=("book", "waits", "turn", "changed_at")),
        "findings": Grant(add=True, change=("published", "settled")),
        "settlements": LEDGER,
        "api_keys": READ,
    },
    PERSONAL: {"texts": Grant(add=True, remove=True), "erasures": LEDGER, "forgotten": LEDGER},
}
"""Tables that are neither the engine's nor declared by a service."""
HIDDEN: Final = frozenset({"signing_key"})
"""Secrets: the service alone reads them."""
BY_HAND: Final[Mapping[str, Grant]] = {
    "offsets": Grant(change=("next_offset", "fingerprint", "halted")),
    "offset_resets": LEDGER,
    "refused": Grant(change=("place",)),
    "inbox": Grant(change=("place",)),
    "parked_attempts": Grant(change=("place",)),
}
"""What operators write by `silkway offsets reset`; all other tables they read."""


def rights_of(service: str) -> dict[str, dict[str, Grant]]:
    """By role, by table of the database of a service, or of another one of DATABASES."""
    own = dict(_tables(service))
    if service == PERSONAL:
        return {runtime(service): own}
    operator = {table: BY_HAND.get(table, READ) for table in own if table not in HIDDEN}
    return {runtime(service): own, OPERATOR: operator}


def roles() -> list[str]:
    """All roles but the superuser."""
    return [*(role for name in DATABASES for role in (migrator(name), runtime(name))), CLOCK, OPERATOR]


def may_connect(service: str) -> list[str]:
    """Who reaches the database; its migrator does as well."""
    return [*rights_of(service), *([CLOCK] if service == "order" else [])]


def _tables(service: str) -> Iterator[tuple[str, Grant]]:
    if service in SERVICES:
        yield from ENGINE.items()
        declared: Service = import_module(f"silkway.{service}.consumer").SERVICE
        for kind in declared.kinds:
            for table in (kind.table, *kind.table.children):
                yield table.name, _of_state(table)
        for ledger in declared.ledgers:
            yield ledger.name, LEDGER
    yield from STATED.get(service, {}).items()


def _of_state(table: Keyed[Any]) -> Grant:
    """A row's key stays what it is, and no row is ever removed."""
    return Grant(add=True, change=tuple(c for c in table.columns if c not in table.key))
