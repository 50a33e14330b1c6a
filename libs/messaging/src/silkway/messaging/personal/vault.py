"""The texts that seals stand for. Facts, tables and journals hold seals; only the edges ask here."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from silkway.contracts import ERASED as NOTHING
from silkway.contracts import SEALED, Envelope, Event, in_the_clear, sealed
from silkway.messaging.database import connection_pool
from silkway.messaging.identity import identity
from silkway.messaging.personal import ERASED, PersonalSettings

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[Record]
    Pool = asyncpg.Pool[Record]

E = TypeVar("E", bound=Event)

_NONCE_BYTES: Final = 12
_TIMEOUT_S: Final = 5.0

_LOCK: Final = "SELECT pg_advisory_xact_lock($1)"
_OF_ORIGIN: Final = "SELECT * FROM texts WHERE tenant = $1 AND origin = $2 AND about = $3"
_FORGOTTEN: Final = "SELECT EXISTS (SELECT FROM forgotten WHERE tenant = $1 AND origin = $2)"
_KEEP: Final = """
    INSERT INTO texts (seal, tenant, about, origin, field, key_id, nonce, ciphertext)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_FIND: Final = "SELECT * FROM texts WHERE tenant = $1 AND seal = ANY($2::uuid[])"
_NOTE: Final = """
    INSERT INTO erasures (tenant, erasure_id, about, erased_at) VALUES ($1, $2, $3, coalesce($4, clock_timestamp()))
    ON CONFLICT (tenant, erasure_id) DO NOTHING
"""
_NOTED: Final = "SELECT about, erased_at FROM erasures WHERE tenant = $1 AND erasure_id = $2"
_ERASE: Final = """
    WITH gone AS (
        DELETE FROM texts WHERE tenant = $1 AND about = ANY($2::text[]) AND sealed_at <= $3
        RETURNING tenant, about, origin),
    kept AS (INSERT INTO forgotten SELECT DISTINCT tenant, origin FROM gone ON CONFLICT DO NOTHING)
    SELECT split_part(about, '/', 1) AS kind, count(*) AS texts FROM gone GROUP BY kind
"""


class Keys:
    """Encrypts with the first key and decrypts with any, known by a digest of it."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {sha256(key).hexdigest()[:16]: AESGCM(key) for key in keys}
        self._current = next(iter(self._ciphers))

    def encrypt(self, text: str, bound_to: Sequence[str]) -> tuple[str, bytes, bytes]:
        """The key's id, a fresh nonce, and the ciphertext, which opens only as what it is `bound_to`."""
        nonce = os.urandom(_NONCE_BYTES)
        found = self._ciphers[self._current].encrypt(nonce, text.encode(), _joined(bound_to))
        return self._current, nonce, found

    def decrypt(self, key_id: str, nonce: bytes, ciphertext: bytes, bound_to: Sequence[str]) -> str:
        """Raises KeyError for a key that is no more, InvalidTag for what was not encrypted as this."""
        return self._ciphers[key_id].decrypt(nonce, ciphertext, _joined(bound_to)).decode()


class Vault:
    """Keeps, shows and erases texts. Raises what asyncpg raises, and OSError, where its database is away.

    keys: asked each time, so that a new key is taken up while all work: what one process has encrypted with it, the
    others open at once.
    """

    def __init__(self, pool: Pool, keys: Callable[[], Sequence[bytes]]) -> None:
        self._pool, self._read_keys = pool, keys

    @classmethod
    async def open(cls, settings: PersonalSettings, name: str) -> Vault:
        """The vault of these settings, known to its database as `name`."""
        pool = await connection_pool(
            settings.database_url, min_size=0, max_size=4, timeout=_TIMEOUT_S, command_timeout=_TIMEOUT_S,
            server_settings={"application_name": f"{name}-personal"},
        )  # fmt: skip
        return cls(pool, settings.keys)

    def close(self) -> None:
        """Let go of the database."""
        self._pool.terminate()

    # --- at the edge -------------------------------------------------------------------------------------

    async def seal(self, envelope: Envelope, event: E) -> E:
        """The event with seals for its personal data, which is kept first. The same again gets the same seals.

        A fact that was erased and is sent again gets seals of nothing: it must not bring back what is gone.
        """
        fields = in_the_clear(event)
        if not fields:
            return event
        origin = identity(envelope.tenant, envelope.source, envelope.id)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                _LOCK, origin.int >> 65
            )  # two of the same at once are one behind the other
            rows = await connection.fetch(_OF_ORIGIN, envelope.tenant, origin, event.subject)
            keys = Keys(self._read_keys())
            known = {(row["field"], _text(row, keys)): sealed(row["seal"]) for row in rows}
            seals = {field: known.get((field, getattr(event, field))) for field in fields}
            new = [field for field, seal in seals.items() if seal is None]
            gone = bool(new) and await connection.fetchval(_FORGOTTEN, envelope.tenant, origin)
            for field in new:
                seals[field] = NOTHING if gone else await _keep(connection, keys, envelope, event, field)
        return event.model_copy(update=seals)

    # --- at the exits ------------------------------------------------------------------------------------

    async def shown(self, tenant: str, text: str) -> str:
        """A text with what its seals stand for; seals of other tenants stand for nothing."""
        return _replaced(text, await self._texts(tenant, text))

    async def shown_json(self, tenant: str, document: str) -> str:
        """The same within the strings of a JSON document, which stays one."""
        found = await self._texts(tenant, document)
        return _replaced(document, {seal: json.dumps(text)[1:-1] for seal, text in found.items()})

    async def _texts(self, tenant: str, text: str) -> Mapping[str, str]:
        seals = set(SEALED.findall(text))
        if not seals:
            return {}
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_FIND, tenant, [uuid.UUID(seal) for seal in seals])
        # Read after the rows: a key is in the file before anything is encrypted with it.
        keys = Keys(self._read_keys())
        return dict.fromkeys(seals, ERASED) | {row["seal"].hex: _text(row, keys) for row in rows}

    # --- erasing -----------------------------------------------------------------------------------------

    async def note(
        self, tenant: str, erasure_id: str, about: str, at: dt.datetime | None = None
    ) -> tuple[str, dt.datetime]:
        """Note an erasure, done `at`, else now; what it is about and when it was done, by the first who noted it."""
        async with self._pool.acquire() as connection:
            await connection.execute(_NOTE, tenant, erasure_id, about, at)
            row = await connection.fetchrow(_NOTED, tenant, erasure_id)
        assert row is not None
        return row["about"], row["erased_at"].astimezone(dt.UTC)

    async def erase(self, tenant: str, about: Iterable[str], until: dt.datetime) -> dict[str, int]:
        """Delete what was sealed about these up to and including `until`; how many texts, by kind of subject."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_ERASE, tenant, sorted(set(about)), until)
        return {row["kind"]: row["texts"] for row in rows}


async def _keep(connection: Connection, keys: Keys, envelope: Envelope, event: Event, field: str) -> str:
    """Keep the text of one field; its seal."""
    seal, origin = uuid.uuid4(), identity(envelope.tenant, envelope.source, envelope.id)
    bound = _bound(envelope.tenant, event.subject, field, seal)
    kept = keys.encrypt(getattr(event, field), bound)
    await connection.execute(_KEEP, seal, envelope.tenant, event.subject, origin, field, *kept)
    return sealed(seal)


def _text(row: Record, keys: Keys) -> str:
    bound = _bound(row["tenant"], row["about"], row["field"], row["seal"])
    return keys.decrypt(row["key_id"], row["nonce"], row["ciphertext"], bound)


def _bound(tenant: str, about: str, field: str, seal: uuid.UUID) -> tuple[str, ...]:
    return tenant, about, field, seal.hex


def _joined(names: Sequence[str]) -> bytes:
    return "\0".join(names).encode()


def _replaced(text: str, found: Mapping[str, str]) -> str:
    return SEALED.sub(lambda seal: found.get(seal[1], seal[0]), text)
