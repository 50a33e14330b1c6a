"""What a service is told by its environment: who it is, where its secrets are, and what is said when they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from silkway.messaging.database import is_away, plain_connection, split_password_file
from silkway.messaging.kafka import to_kafka
from silkway.messaging.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

HERE = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "ORDER_DATABASE_URL": "postgresql://order@db/order"}


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """A file with a password and, as editors leave it, a line feed."""
    file = tmp_path / "password"
    file.write_text("a/b?c\n")
    return file


def test_without_secrets_all_is_as_it_was() -> None:
    assert to_kafka("kafka:9092", {}) == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "PLAINTEXT",
    }
    assert Settings.read("order", HERE).database_url == HERE["ORDER_DATABASE_URL"]


def test_kafka_is_told_who_comes(password: Path) -> None:
    who = {"KAFKA_SASL_USERNAME": "order", "KAFKA_SASL_PASSWORD_FILE": str(password)}
    assert to_kafka("kafka:9092", who) == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "order",
        "sasl_plain_password": "a/b?c",
    }


def test_the_database_s_password_is_named_and_not_shown(password: Path) -> None:
    # Given a service whose password is in a file
    settings = Settings.read("order", {**HERE, "ORDER_DATABASE_PASSWORD_FILE": str(password)})

    # Then its settings tell the file, and nothing of what is in it
    bare, file = split_password_file(settings.database_url)
    assert (bare, file) == (HERE["ORDER_DATABASE_URL"], str(password))
    assert "a/b?c" not in repr(settings)

    # And other parameters of the address stay what they are
    assert split_password_file("postgresql://u@h/d?sslmode=require&password_file=/x") == (
        "postgresql://u@h/d?sslmode=require",
        "/x",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KAFKA_SASL_USERNAME": "order"}, "KAFKA_SASL_PASSWORD_FILE is not set"),
        (
            {"KAFKA_SASL_USERNAME": "order", "KAFKA_SASL_PASSWORD_FILE": "/nowhere"},
            "KAFKA_SASL_PASSWORD_FILE: /nowhere cannot be read (No such file or directory); `make secrets`",
        ),
        (
            {"KAFKA_SASL_USERNAME": "order", "KAFKA_SASL_MECHANISM": "GSSAPI"},
            "KAFKA_SASL_MECHANISM is 'GSSAPI'",
        ),
        ({"KAFKA_CA_FILE": "/nowhere"}, "KAFKA_CA_FILE: /nowhere cannot be used"),
        (
            {"KAFKA_CA_FILE": "/etc/passwd"},
            "KAFKA_CA_FILE: /etc/passwd cannot be used (no certificate is in it)",
        ),
        (
            {"ORDER_DATABASE_PASSWORD_FILE": "/nowhere"},
            "ORDER_DATABASE_PASSWORD_FILE: /nowhere cannot be read",
        ),
        ({"ORDER_DATABASE_PASSWORD_FILE": "/dev/null"}, "ORDER_DATABASE_PASSWORD_FILE: /dev/null is empty"),
        ({"ORDER_DATABASE_URL": "mysql://order@db/order"}, "ORDER_DATABASE_URL is no address of a database"),
        ({"ORDER_DATABASE_URL": "postgresql://o:hun/ter2@db/order"}, "ORDER_DATABASE_URL is no address"),
        ({"ORDER_DATABASE_URL": "postgresql://order@db"}, "ORDER_DATABASE_URL is no address of a database"),
    ],
)
def test_what_is_wrong_is_said_by_name(given: dict[str, str], said: str) -> None:
    with pytest.raises(SystemExit) as end:
        Settings.read("order", {**HERE, **given})
    assert said in str(end.value)
    assert "ter2" not in str(end.value)


@pytest.mark.parametrize("query", ["password_file=/nowhere", "sslmode=perhaps"])
async def test_what_will_never_do_is_not_waited_for(query: str) -> None:
    # Whoever waits out an outage goes on waiting for what is an error of the database or of the network
    with pytest.raises(SystemExit, match="_DATABASE_"):
        await plain_connection(f"postgresql://order@127.0.0.1:1/order?{query}")


@pytest.mark.parametrize("error", [asyncpg.InvalidPasswordError, asyncpg.InsufficientPrivilegeError])
def test_who_is_not_let_in_waits_and_parks_nothing(error: type[asyncpg.PostgresError]) -> None:
    assert is_away(error("the password is being changed, or the rights are not granted yet"))
