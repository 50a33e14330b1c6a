"""`silkway parked`: nothing that matches is said, nothing is cut in silence, and whoever answers is waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest
from typer.testing import CliRunner

from silkway.cli.main import application
from silkway.cli.parked_records import Answer, answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Connection = asyncpg.Connection[asyncpg.Record]

PARK = """
    INSERT INTO parked (place, rank, key, tenant, type, error, attempts, known_at)
    SELECT 'trade.orders/0/' || n, 1, 'acme/O' || n, 'acme', 'silkway.trade.order.drafted.v1', 'Oops: no', 1, now()
    FROM generate_series(1, $1::int) n"""
ANSWER = """
    INSERT INTO parked_attempts (place, number, tenant, action, at, "by", reason, outcome, command)
    SELECT 'was ' || command, 1, 'acme', 'redrive', now(), 'ana', '', 'applied', command
    FROM unnest($1::text[]) command"""


@pytest.fixture(scope="module")
async def url(service_database: Callable[..., Awaitable[str]]) -> str:
    return await service_database("order", "")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.execute("DELETE FROM parked; DELETE FROM parked_attempts")
    await connection.close()


async def say(url: str, *words: str) -> tuple[int, str]:
    """Exit code, and all that was said."""
    done = await asyncio.to_thread(
        CliRunner().invoke, application(["parked"]), ["parked", *words], env={"ORDER_DATABASE_URL": url}
    )
    return done.exit_code, done.output


@pytest.mark.parametrize("action", ["redrive", "discard"])
async def test_a_filter_that_matches_nothing_is_told(url: str, database: Connection, action: str) -> None:
    await database.execute(PARK, 1)

    assert await say(url, action, "order", "--all", "--type", "order.draftet", "--reason", "a song") == (
        1,
        "Nothing matches.\n",
    )


async def test_a_list_says_that_there_are_more(url: str, database: Connection) -> None:
    await database.execute(PARK, 3)

    code, cut = await say(url, "list", "--service", "order", "--limit", "2")
    assert code == 1
    assert "Parked: 2, and more" in cut
    assert "There are more in order; see --limit." in cut

    code, whole = await say(url, "list", "--service", "order", "--limit", "3")
    assert code == 1
    assert "Parked: 3" in whole
    assert "more" not in whole


async def test_answers_are_waited_for_as_long_as_they_come(database: Connection, url: str) -> None:
    # Given a service that needs longer for all commands than anybody waits for one
    sent = {f"record {n}": f"command {n}" for n in range(4)}

    async def work() -> None:
        connection = await asyncpg.connect(url)
        for command in list(sent.values())[:3]:
            await asyncio.sleep(0.5)
            await connection.execute(ANSWER, [command])
        await connection.close()

    # When we are patient for longer than from one answer to the next, but not than all
    working = asyncio.create_task(work())
    heard = await answers(database, sent, patience_s=1.2)
    await working

    # Then each that was answered is known, and only the one that was not is missing
    assert heard == [
        *(Answer(f"record {n}", "applied", None) for n in range(3)),
        Answer("record 3", "", None),
    ]


async def test_thousands_of_answers_are_asked_for_at_once(database: Connection) -> None:
    sent = {f"record {n}": f"command {n}" for n in range(3000)}
    await database.execute(ANSWER, list(sent.values()))
    questions: list[str] = []
    database.add_query_logger(lambda record: questions.append(record.query))

    heard = await answers(database, sent)
    await asyncio.sleep(0)  # the driver tells of its questions when the loop comes round

    assert {answer.outcome for answer in heard} == {"applied"}
    assert len(questions) == 1
