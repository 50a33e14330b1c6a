"""Who may do what on Kafka: derived from what the services declare. Everything else is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from silkway.cli.addresses import AUDITOR, SERVICES
from silkway.cli.carrier.command import GROUP
from silkway.contracts import TOPICS, InvariantBroken, TopicKind
from silkway.contracts.topics import PARKED_SUFFIX

if TYPE_CHECKING:
    from silkway.messaging import Service
    from silkway.messaging.http import Api

ADMIN: Final = "admin"
"""May everything, from inside Kafka's own network alone: it makes topics, users and rights."""
CLOCK, CLI, PLATFORM = "clock", "cli", "platform"
PRINCIPALS: Final = (*SERVICES, AUDITOR, CLOCK, CLI, PLATFORM)
"""Whom Kafka knows by a password of their own. `platform`: the backends that publish facts."""
Operation = Literal["READ", "WRITE", "DESCRIBE_CONFIGS"]


class Right(NamedTuple):
    """What `principal` may do with one topic or consumer group. To see that it is there comes with each."""

    principal: str
    resource: Literal["TOPIC", "GROUP"]
    name: str
    operation: Operation


def rights(prefix: str = "") -> frozenset[Right]:
    """All that is allowed. `prefix`: what the names of topics and groups begin with."""
    return frozenset(right._replace(name=prefix + right.name) for right in _all())


def _all() -> Iterator[Right]:
    for name in SERVICES:
        yield from _of_service(import_module(f"silkway.{name}.consumer").SERVICE)
        api: Api = import_module(f"silkway.{name}.api").API
        yield from _may(name, "WRITE", {fact.topic for fact in api.facts})
    yield from _may(AUDITOR, "READ", import_module("silkway.auditor.consumer").TOPICS_READ)
    yield from _may(AUDITOR, "WRITE", [InvariantBroken.topic])
    ingress = _of_kind(TopicKind.INGRESS)
    yield from _may(CLOCK, "WRITE", ingress)
    yield from _may(PLATFORM, "WRITE", ingress)
    yield from _of_cli(ingress)


def _of_service(service: Service) -> Iterator[Right]:
    """What engine and workbench need. That a topic keeps its records for ever is looked at in its configuration."""
    parked = [topic + PARKED_SUFFIX for topic in service.inputs if topic + PARKED_SUFFIX in TOPICS]
    kept = [*service.inputs, service.journal]
    yield from _may(service.name, "READ", kept)
    yield from _may(service.name, "DESCRIBE_CONFIGS", kept)
    yield from _may(service.name, "WRITE", [service.output, service.journal, service.redrive, *parked])
    yield Right(service.name, "GROUP", service.name, "READ")


def _of_cli(ingress: list[str]) -> Iterator[Right]:
    """What the commands need: look at all, publish facts, send commands about parked records, restore a database."""
    yield from _may(CLI, "READ", TOPICS)
    yield from _may(CLI, "DESCRIBE_CONFIGS", TOPICS)
    yield from _may(CLI, "WRITE", [*ingress, *_of_kind(TopicKind.REDRIVE)])
    for group in (*SERVICES, GROUP):
        yield Right(CLI, "GROUP", group, "READ")


def _of_kind(kind: TopicKind) -> list[str]:
    return [topic.name for topic in TOPICS.values() if topic.kind is kind]


def _may(principal: str, operation: Operation, topics: Iterable[str]) -> Iterator[Right]:
    return (Right(principal, "TOPIC", topic, operation) for topic in topics)
