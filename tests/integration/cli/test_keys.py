"""`silkway keys`: made once, shown once, revoked everywhere, though a database was away."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from typer.testing import CliRunner

from silkway.cli.addresses import PROCESSES
from silkway.cli.main import application
from silkway.cli.migrate import apply_migrations
from silkway.messaging.http import Problem
from silkway.messaging.http.credentials import Keyring
from silkway.messaging.keys import new_key, own_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

AWAY = "postgresql://silkway@127.0.0.1:9/away"


class Installation:
    """Databases of all services, and the command as somebody would type it."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls
        self._environment = {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}

    async def say(self, *words: str, away: str = "") -> tuple[int, Any]:
        """Exit code, and the answer; the database of `away` does not answer meanwhile."""
        given = {**self._environment, **({f"{away.upper()}_DATABASE_URL": AWAY} if away else {})}
        command = application(["keys"])
        done = await asyncio.to_thread(CliRunner().invoke, command, ["keys", *words, "--json"], env=given)
        return done.exit_code, json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.output

    async def opens(self, text: str, name: str) -> bool:
        """Whether a service lets this key in."""
        pool = await asyncpg.create_pool(self.urls[name], min_size=1, max_size=1)
        try:
            await Keyring(pool).credential(text)
        except Problem as problem:
            return problem.status != 401
        finally:
            pool.terminate()
        return True

    async def all_open(self, text: str) -> list[bool]:
        return [await self.opens(text, name) for name in self.urls]


@pytest.fixture(scope="module")
async def installation(new_database: Callable[..., Awaitable[str]]) -> Installation:
    urls = {}
    for name in PROCESSES:
        urls[name] = await new_database(f"keys_{name}")
        await apply_migrations(name, urls[name])
    return Installation(urls)


CREATE = ("create", "--tenant", "acme", "--scope", "publish", "--scope", "operate", "--name", "ana@acme")


async def test_a_key_is_shown_once_and_its_hash_is_kept(installation: Installation) -> None:
    code, made = await installation.say(*CREATE)
    assert (code, made["tenant"], made["scopes"], made["away"]) == (0, "acme", ["operate", "publish"], [])
    assert await installation.all_open(made["key"]) == [True] * len(PROCESSES)

    code, listed = await installation.say("list", "--tenant", "acme")
    (row,) = [row for row in listed["keys"] if row["key_id"] == made["key_id"]]
    assert (row["name"], row["differs_in"]) == ("ana@acme", [])
    secret = made["key"].rpartition("_")[2]
    assert secret not in json.dumps(listed)
    for url in installation.urls.values():
        connection = await asyncpg.connect(url)
        kept = str(await connection.fetch("SELECT api_keys::text FROM api_keys"))
        await connection.close()
        assert secret not in kept


async def test_what_one_database_missed_it_gets_later(installation: Installation) -> None:
    # Given that credit was away when a key was made
    code, made = await installation.say(*CREATE, away="credit")
    assert (code, made["away"]) == (1, ["credit"])
    assert not await installation.opens(made["key"], "credit")
    assert (await installation.say("list"))[1]["keys"][-1]["differs_in"] == ["credit"]
    # When it is back, then `sync` tells it
    assert (await installation.say("sync"))[0] == 0
    assert await installation.opens(made["key"], "credit")

    # Given that it was away when the key was revoked
    code, _ = await installation.say("revoke", made["key_id"], away="credit")
    assert code == 1
    assert await installation.opens(made["key"], "credit")
    # When anything is written again, then it is revoked there too, and whoever revokes it again hears no more
    await installation.say(*CREATE)
    assert await installation.all_open(made["key"]) == [False] * len(PROCESSES)
    assert (await installation.say("revoke", made["key"]))[0] == 0


async def test_a_key_file_is_let_in_as_often_as_one_likes(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "cli-key"
    file.write_text(new_key() + "\n")
    register = ("register", str(file), "--tenant", "*", "--scope", "operate", "--name", "operators")
    for _ in range(2):
        code, done = await installation.say(*register)
        assert (code, done["tenant"]) == (0, "*")
    key = own_key({"SILKWAY_API_KEY_FILE": str(file)})
    assert key is not None
    assert await installation.all_open(key) == [True] * len(PROCESSES)

    # But not as another's, and not once it was revoked
    code, text = await installation.say(*register[:2], "--tenant", "acme", *register[4:])
    assert code == 1
    assert "another" in text
    await installation.say("revoke", key)
    assert (await installation.say(*register))[0] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--tenant", "Acme"), ("--tenant", "live"), ("--scope", "all"), ("--name", " "), ("--expires", "tomorrow"),
        ("--expires", "2020-01-01"),
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_wrong_is_said(wrong: tuple[str, str], installation: Installation) -> None:
    code, text = await installation.say(*CREATE, *wrong)
    assert code == 2
    assert wrong[0] in str(text)


async def test_nobody_answers(installation: Installation) -> None:
    nobody = Installation(dict.fromkeys(PROCESSES, AWAY))
    assert (await nobody.say(*CREATE))[0] == 2
    assert (await nobody.say("revoke", "0123456789ab"))[0] == 1
    assert (await installation.say("revoke", "0123456789ab"))[0] == 1
