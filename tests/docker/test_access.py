"""Who may do what: every cell of both tables of `silkway access` is tried on the running system."""

from __future__ import annotations

import itertools
import subprocess
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.produce import ProduceRequest

from silkway.cli.access import tables, topics
from silkway.cli.access.topics import PRINCIPALS, Operation, Right
from silkway.contracts import TOPICS
from silkway.messaging.database import plain_connection
from silkway.messaging.kafka import to_kafka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from silkway.messaging.storage import Connection
    from tests.docker.containers import Compose

    At = Callable[[str, str], str]

pytestmark = pytest.mark.docker

NOWHERE: Final = 9_999
"""A partition that is not there: who may write to it or read it, is told so, and nothing has happened."""
TOPIC_REFUSED, GROUP_REFUSED, ALLOWED = 29, 30, {0, 3, 25}
"""Kafka's error codes: 3 no such partition, 25 no such member of the group."""
_REQUESTS: Final[Sequence[tuple[Operation, Any]]] = (
    ("WRITE", ProduceRequest(None, -1, 1000, [(topic, [(NOWHERE, b"")]) for topic in TOPICS])),
    ("READ", FetchRequest(0, 0, 1, 0, [(topic, [(NOWHERE, 0, 1)]) for topic in TOPICS])),
)
GROUPS: Final = sorted({right.name for right in topics.rights() if right.resource == "GROUP"} | {"another"})


def arguments(compose: Compose, user: str, password: str | None = None) -> dict[str, object]:
    """How `user` reaches the broker, from the host."""
    environment = {
        "KAFKA_SASL_USERNAME": user,
        "KAFKA_SASL_PASSWORD_FILE": str(compose.secrets / f"kafka_{user}"),
    }
    found = to_kafka(f"127.0.0.1:{compose.kafka_port}", environment)
    return found if password is None else {**found, "sasl_plain_password": password}


async def tried(compose: Compose, user: str) -> dict[Right, int]:
    """Kafka's answer to everything that could be allowed to `user`."""
    client = AIOKafkaClient(**arguments(compose, user))
    await client.bootstrap()
    try:
        node = client.get_random_node()
        answers = {
            Right(user, "TOPIC", topic, operation): partitions[0][1]
            for operation, request in _REQUESTS
            for topic, partitions in (await client.send(node, request)).topics
        }
        for group in GROUPS:
            beat = await client.send(node, HeartbeatRequest(group, 0, "nobody"))
            answers[Right(user, "GROUP", group, "READ")] = beat.error_code
    finally:
        await client.close()
    admin = AIOKafkaAdminClient(**arguments(compose, user))
    await admin.start()
    try:
        wanted = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in TOPICS]
        for answer in await admin.describe_configs(wanted):
            for code, _, _, topic, _ in answer.resources:
                answers[Right(user, "TOPIC", topic, "DESCRIBE_CONFIGS")] = code
    finally:
        await admin.close()
    return answers


@pytest.mark.parametrize("user", PRINCIPALS)
async def test_kafka_allows_what_the_table_says_and_nothing_else(compose: Compose, user: str) -> None:
    # When a user tries everything with every topic and group
    answers = await tried(compose, user)

    # Then each answer is the table's
    assert len(answers) == 3 * len(TOPICS) + len(GROUPS)
    allowed = {right for right, code in answers.items() if code in ALLOWED}
    assert {code for right, code in answers.items() if right not in allowed} <= {TOPIC_REFUSED, GROUP_REFUSED}
    assert allowed == {right for right in topics.rights() if right.principal == user}


@pytest.mark.parametrize(("user", "password"), [("order", "another"), ("admin", None)])
async def test_kafka_takes_no_other_password_and_its_administrator_only_inside(
    compose: Compose, user: str, password: str | None
) -> None:
    client = AIOKafkaClient(**arguments(compose, user, password))
    with pytest.raises(KafkaError):
        await client.bootstrap()
    await client.close()


async def test_kafka_takes_nobody_without_a_name(compose: Compose) -> None:
    client = AIOKafkaClient(**to_kafka(f"127.0.0.1:{compose.kafka_port}", {}), request_timeout_ms=5_000)
    with pytest.raises(KafkaConnectionError):
        await client.bootstrap()
    await client.close()


def test_a_second_run_of_the_jobs_changes_nothing(compose: Compose) -> None:
    kafka = compose.run("run", "--rm", "-T", "topics")
    assert "0 topics created" in kafka.stdout, kafka.stderr
    assert "rights: 0 granted, 0 revoked; 0 users forgotten" in kafka.stdout
    assert "new: nothing" in compose.run("run", "--rm", "-T", "roles").stdout
    assert compose.run("run", "--rm", "-T", "grants").code == 0


def test_no_secret_stands_in_an_environment_a_command_or_a_log(compose: Compose) -> None:
    # Given all that Docker tells of the containers, all that runs in them, and all that they have said
    containers = compose.run("ps", "--all", "--quiet").stdout.split()
    told = subprocess.run(["docker", "inspect", *containers], capture_output=True, text=True, check=True)
    runs, said = compose.run("top"), compose.run("logs", "--no-color")
    assert len(containers) >= 12
    assert (runs.code, said.code) == (0, 0)
    found = told.stdout + runs.stdout + said.stdout + said.stderr
    assert all(word in found for word in ("KAFKA_SASL_PASSWORD_FILE", "silkway.order", "relay active"))

    # Then no secret is in it; kafka_jaas is made of kafka_admin
    secrets = [
        (file.name, text)
        for file in compose.secrets.iterdir()
        for text in file.read_text().split()
        if file.name != "kafka_jaas"
    ]
    assert len(secrets) >= 27
    assert [name for name, text in secrets if text in found] == []


# --- PostgreSQL ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def at(compose: Compose) -> At:
    """How a role reaches a database from the host."""
    port = compose.port("postgres", 5432)

    def url(role: str, database: str) -> str:
        return (
            f"postgresql://{role}@127.0.0.1:{port}/{database}?password_file={compose.secrets}/database_{role}"
        )

    return url


async def test_each_role_reaches_only_its_databases(at: At) -> None:
    # When every role knocks at every database
    reached = set()
    for role, database in itertools.product(tables.roles(), (*tables.DATABASES, "postgres", "template1")):
        try:
            connection = await plain_connection(at(role, database), timeout=10)
        except asyncpg.InsufficientPrivilegeError:
            continue
        reached.add((role, database))
        await connection.close()

    # Then it is let in where it belongs
    assert reached == {
        (role, service)
        for service in tables.DATABASES
        for role in (tables.migrator(service), *tables.may_connect(service))
    }


@pytest.mark.parametrize("service", tables.DATABASES)
async def test_each_role_may_do_with_each_table_what_the_table_says(at: At, service: str) -> None:
    # Given the tables that the migrations have made
    for role in tables.may_connect(service):
        connection = await plain_connection(at(role, service))
        try:
            columns: dict[str, list[str]] = {}
            for table, column in await connection.fetch(_COLUMNS):
                columns.setdefault(table, []).append(column)
            assert columns

            # When the role tries every statement on each
            may = {
                (table, what)
                for table, names in columns.items()
                for what, statement in statements(table, names)
                if await allows(connection, statement)
            }
        finally:
            await connection.close()

        # Then it may do what is stated
        granted = tables.rights_of(service).get(role, {})
        assert may == {
            (table, what) for table in columns if table in granted for what in stated(granted[table])
        }, role


_COLUMNS: Final = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' AND a.attidentity = ''"""


def statements(table: str, columns: list[str]) -> Iterator[tuple[str, str]]:
    """Everything that could be done with a table, so that nothing comes of it."""
    yield "SELECT", f'SELECT FROM public."{table}" WHERE false'
    yield "INSERT", f'INSERT INTO public."{table}" DEFAULT VALUES'
    yield "DELETE", f'DELETE FROM public."{table}" WHERE false'
    yield "TRUNCATE", f'TRUNCATE public."{table}"'
    for column in columns:
        yield f"UPDATE {column}", f'UPDATE public."{table}" SET "{column}" = NULL WHERE false'


def stated(grant: tables.Grant) -> Iterator[str]:
    """The same of what is granted."""
    yield from ["SELECT"] * grant.read + ["INSERT"] * grant.add + ["DELETE"] * grant.remove
    yield from (f"UPDATE {column}" for column in grant.change)


async def allows(connection: Connection, statement: str) -> bool:
    """Whether it is refused for want of a right; any other fault is the statement's own. It is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.PostgresError:
        return True
    finally:
        await transaction.rollback()
    return True


# --- passwords -------------------------------------------------------------------------------------------


async def test_a_password_is_changed_while_its_service_works(compose: Compose, at: At) -> None:
    # Given order, at work, and its old password
    old = compose.secret("database_order_runtime")

    # When another is made, and the job tells PostgreSQL
    compose.make_secrets("database_order_runtime")
    assert "new: role order_runtime" in compose.run("run", "--rm", "-T", "roles").stdout

    # Then the old one opens nothing any more
    bare = at("order_runtime", "order").partition("?")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(bare, password=old)

    # And order, whose connections are cut, goes on with the new one
    server = await plain_connection(at("order_runtime", "order"))
    try:
        cut = await server.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )
    finally:
        await server.close()
    assert cut > 2
    assert compose.run("up", "--detach", "--wait", "--no-recreate", "order").code == 0
    assert "Restarting" not in compose.run("ps", "order").stdout


async def test_a_password_of_kafka_is_changed_and_its_service_begins_anew_with_it(compose: Compose) -> None:
    # Given order, at work
    old = compose.secret("kafka_order")

    # When another password is made, the job tells Kafka, and order is restarted
    compose.make_secrets("kafka_order")
    assert compose.run("run", "--rm", "-T", "topics").code == 0
    assert compose.run("restart", "order").code == 0
    assert compose.run("up", "--detach", "--wait", "--no-recreate", "order").code == 0

    # Then it is ready again, and the old one opens nothing any more
    client = AIOKafkaClient(**arguments(compose, "order", old))
    with pytest.raises(KafkaError):
        await client.bootstrap()
    await client.close()
