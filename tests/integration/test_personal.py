"""The store of personal data: the same fact the same seals, each tenant its own, and gone is gone."""

from __future__ import annotations

import base64
import datetime as dt
import os
from typing import TYPE_CHECKING

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from silkway.cli.migrate import PERSONAL, apply_migrations
from silkway.contracts import ClaimRequested, Envelope, SupplierRegistered, is_sealed
from silkway.messaging.personal import ERASED, PersonalSettings, sealed_since
from silkway.messaging.personal.vault import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OLD, NEW = (base64.b64encode(letter * 32) + b"\n" for letter in (b"a", b"b"))
NAME = 'Zhāo "Mei"\\ling'


def supplier(name: str = NAME) -> SupplierRegistered:
    return SupplierRegistered(supplier_id="S-1", name=name, registered_at=AT)


def envelope(event_id: str, tenant: str = "acme") -> Envelope:
    return Envelope.of(supplier(), tenant=tenant, source="/shop", id=event_id, time=AT)


@pytest.fixture(scope="module")
async def url(new_database: Callable[..., Awaitable[str]]) -> str:
    url = await new_database(PERSONAL)
    await apply_migrations(PERSONAL, url)
    return url


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_bytes(OLD)
    return file


def put(key_file: Path, *keys: bytes) -> None:
    key_file.write_bytes(b"".join(keys))


@pytest.fixture
async def vault(url: str, key_file: Path) -> AsyncIterator[Vault]:
    vault = await Vault.open(PersonalSettings(url, str(key_file)), "tests")
    yield vault
    vault.close()


async def test_a_fact_that_is_sent_again_has_its_seals_again(vault: Vault) -> None:
    first = await vault.seal(envelope("1"), supplier())
    assert is_sealed(first.name)
    assert first.country is None
    assert await vault.seal(envelope("1"), supplier()) == first
    assert await vault.seal(envelope("1"), first) == first, "what is sealed stays so"
    assert (await vault.seal(envelope("2"), supplier())).name != first.name
    assert (await vault.seal(envelope("1"), supplier("Other"))).name != first.name


async def test_a_seal_is_shown_as_text_and_within_json_and_to_its_tenant_alone(vault: Vault) -> None:
    name = (await vault.seal(envelope("3"), supplier())).name
    assert (
        await vault.shown("acme", f"{name} is late, and {name} again") == f"{NAME} is late, and {NAME} again"
    )
    assert (
        await vault.shown_json("acme", f'{{"name": "{name}"}}') == '{"name": "Zh\\u0101o \\"Mei\\"\\\\ling"}'
    )
    assert await vault.shown("other", name) == ERASED
    assert await vault.shown("acme", "nothing to see") == "nothing to see"


async def test_what_is_erased_is_gone_and_what_comes_later_stays(vault: Vault, url: str) -> None:
    name = (await vault.seal(envelope("4", "gone"), supplier())).name
    about, at = await vault.note("gone", "E-1", "supplier/S-1")
    assert await vault.erase("gone", [about], at) == {"supplier": 1}
    later = (await vault.seal(envelope("5", "gone"), supplier())).name
    assert await vault.note("gone", "E-1", "supplier/S-1") == (about, at), "the first time counts"
    assert await vault.erase("gone", [about], at) == {}
    assert [await vault.shown("gone", text) for text in (name, later)] == [ERASED, NAME]


async def test_what_was_erased_does_not_come_back_when_it_is_sent_again(vault: Vault, url: str) -> None:
    # Given a fact whose text was erased
    first = await vault.seal(envelope("4", "again"), supplier())
    about, at = await vault.note("again", "E-1", "supplier/S-1")
    assert await vault.erase("again", [about], at) == {"supplier": 1}

    # When its sender, who knows of nothing, sends it again, then nothing is kept of it
    again = await vault.seal(envelope("4", "again"), supplier())
    assert is_sealed(again.name)
    assert again != first, "so it is another body under the same id, and refused"
    assert await vault.shown("again", again.name) == ERASED
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM texts WHERE tenant = 'again'") == 0
    await connection.close()


async def test_the_same_words_under_the_same_id_about_another_are_erased_with_that_one(vault: Vault) -> None:
    await vault.seal(envelope("5", "mixed"), supplier())
    other = supplier().model_copy(update={"supplier_id": "S-2"})
    name = (await vault.seal(envelope("5", "mixed"), other)).name
    about, at = await vault.note("mixed", "E-1", "supplier/S-2")
    assert await vault.erase("mixed", [about], at) == {"supplier": 1}
    assert await vault.shown("mixed", name) == ERASED


async def test_keys_are_followed_by_new_ones_and_open_what_they_closed(
    url: str, vault: Vault, key_file: Path
) -> None:
    # Given a text, and another process at work
    name = (await vault.seal(envelope("6"), supplier())).name
    other = await Vault.open(PersonalSettings(url, str(key_file)), "tests")

    # When a new key is put before the old one
    put(key_file, NEW, OLD)
    newer = (await other.seal(envelope("7"), supplier())).name

    # Then both open what either has closed, at once, and a fact that is sent again has its seals again
    assert [await vault.shown("acme", text) for text in (name, newer)] == [NAME, NAME]
    assert (await other.seal(envelope("6"), supplier())).name == name

    # And without the old one, what it closed stays closed
    put(key_file, NEW)
    assert await vault.shown("acme", newer) == NAME
    with pytest.raises(KeyError):
        await vault.shown("acme", name)
    other.close()


async def test_a_row_that_was_moved_does_not_open(vault: Vault, url: str) -> None:
    name = (await vault.seal(envelope("8", "moved"), supplier())).name
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE texts SET tenant = 'thief' WHERE tenant = 'moved'")
    await connection.close()
    with pytest.raises(InvalidTag):
        await vault.shown("thief", name)


def test_facts_about_orders_are_sealed_too() -> None:
    from silkway.contracts import in_the_clear, personal_fields

    claim = ClaimRequested(
        order_id="PO-1",
        claim_id="C-1",
        kind="LATE",
        amount_minor=1,
        currency="USD",
        text="Ask Li.",
        requested_at=AT,
    )
    assert personal_fields(ClaimRequested) == ("text",)
    assert in_the_clear(claim) == ["text"]


@pytest.mark.parametrize("wrong", ["yesterday", "2026-11-21T00:00:00"])
def test_a_time_that_cannot_be_used_is_named(wrong: str) -> None:
    with pytest.raises(SystemExit, match="SEALED_SINCE"):
        sealed_since({"SILKWAY_PERSONAL_DATA_SEALED_SINCE": wrong})


def test_keys_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    given = {
        "SILKWAY_PERSONAL_DATA_SEALED_SINCE": "2026-11-21T00:00:00Z",
        "PERSONAL_DATABASE_URL": "postgresql:///personal",
        "PERSONAL_KEY_FILE": str(file),
    }
    assert PersonalSettings.read({}) is None
    for content in (None, b"", b"not base64!", b"c2hvcnQ="):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(SystemExit, match="PERSONAL_KEY_FILE"):
            PersonalSettings.read(given)
    with pytest.raises(SystemExit, match="PERSONAL_DATABASE_URL"):
        PersonalSettings.read({name: value for name, value in given.items() if "DATABASE" not in name})
    assert os.environ.get("PERSONAL_KEY_FILE") is None
