"""Of `audit`, `rebuild`, `restore` and `migrate`, 1 is an answer; what keeps from an answer is 2, and one line."""

from __future__ import annotations

from typing import NoReturn

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner

from silkway.cli import audit, migrate, rebuild, restore
from silkway.cli.main import application
from silkway.cli.migrate import MigrationFailed
from silkway.messaging.deploy import NotPrepared
from silkway.messaging.replay import LogGone
from silkway.messaging.restore import NotRestorable

COMMANDS = {
    "audit": (audit, "_audit", ["audit"]),
    "rebuild": (rebuild, "_rebuild", ["rebuild", "order", "--verify"]),
    "restore": (restore, "_restore", ["restore", "order"]),
    "migrate": (migrate, "migrate_service", ["migrate", "order"]),
}
DATABASE = [
    (asyncpg.DiskFullError("could not extend file"), "Make room"),
    (asyncpg.InsufficientPrivilegeError("permission denied to create database"), "CREATEDB"),
    (asyncpg.InvalidCatalogNameError('database "order" does not exist'), "silkway migrate"),
    (asyncpg.UndefinedTableError('relation "journal" does not exist'), "silkway migrate"),
    (asyncpg.InvalidPasswordError("password authentication failed"), "password authentication failed"),
    (asyncpg.TooManyConnectionsError("sorry, too many clients"), "too many clients"),
    (ConnectionRefusedError("nobody listens"), "nobody listens"),
]  # fmt: skip
OTHERS = [
    (TimeoutError("no answer"), "no answer"),
    (KafkaConnectionError("no broker"), "no broker"),
    (MigrationFailed("syntax error at line 1"), "syntax error at line 1"),
    (NotPrepared("run `silkway migrate` first"), "run `silkway migrate` first"),
    (LogGone("it begins at 7"), "The log is not whole: it begins at 7"),
]  # fmt: skip


def said(monkeypatch: pytest.MonkeyPatch, command: str, error: BaseException) -> tuple[int, str]:
    """Exit code and words of the command when its work meets the error."""
    module, work, words = COMMANDS[command]

    async def meet(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(module, work, meet)
    monkeypatch.setenv("ORDER_DATABASE_URL", "postgresql://silkway@127.0.0.1:9/order")
    done = CliRunner().invoke(application([command]), words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("command", ["audit", "rebuild", "restore"])
@pytest.mark.parametrize(("error", "told"), DATABASE + OTHERS, ids=lambda value: type(value).__name__)
def test_what_keeps_from_an_answer_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, command: str, error: BaseException, told: str
) -> None:
    code, words = said(monkeypatch, command, error)
    assert (code, told in words, words.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("error", [error for error, _ in DATABASE] + [MigrationFailed("line 1")], ids=repr)
def test_a_migration_that_fails_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    code, words = said(monkeypatch, "migrate", error)
    assert (code, str(error) in words, words.count("\n")) == (2, True, 1)


def test_a_database_that_cannot_catch_up_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, "restore", NotRestorable("an instance still runs")) == (
        1,
        "an instance still runs\n",
    )


def test_a_rebuild_that_nobody_would_look_at_is_refused() -> None:
    done = CliRunner().invoke(application(["rebuild"]), ["rebuild", "order"])
    assert (done.exit_code, "--verify" in done.output, "--keep" in done.output) == (2, True, True)
