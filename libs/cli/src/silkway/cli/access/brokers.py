"""Makes Kafka's users and ACLs what the table says: what is not in it goes. Doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Final, NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from silkway.cli.access.topics import Right
from silkway.messaging.kafka import Entrance

ITERATIONS: Final = 8_192
_WITHIN_S: Final = 30.0
_ANY: Final = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # None is any, as its own documentation says
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


class Changed(NamedTuple):
    """How many ACLs came and went, and users who went."""

    granted: int
    revoked: int
    forgotten: int


def admin_client(entrance: Entrance) -> AdminClient:
    """The client of confluent-kafka: aiokafka's has no call for users."""
    told = {
        "bootstrap.servers": entrance.servers,
        "security.protocol": entrance.protocol,
        "sasl.mechanism": entrance.mechanism,
        "sasl.username": entrance.user,
        "sasl.password": entrance.password,
        "ssl.ca.location": entrance.authority,
    }
    return AdminClient({name: value for name, value in told.items() if value is not None})


def apply(admin: AdminClient, rights: Collection[Right], passwords: Mapping[str, str]) -> Changed:
    """Users with these passwords, and these rights; nobody and nothing else. Raises KafkaException."""
    asked = admin.describe_user_scram_credentials()
    assert isinstance(asked, Future)  # of all users together; of some it would be one each
    known = asked.result(_WITHIN_S)
    gone = known.keys() - passwords.keys()
    scram = ScramMechanism.SCRAM_SHA_512
    changes = [
        # Kafka keeps no password that could be compared: it is set anew, which nobody who is connected notices.
        *(
            UserScramCredentialUpsertion(user, ScramCredentialInfo(scram, ITERATIONS), password.encode())
            for user, password in passwords.items()
        ),
        *(
            UserScramCredentialDeletion(user, info.mechanism)
            for user in gone
            for info in known[user].scram_credential_infos
        ),
    ]
    for done in admin.alter_user_scram_credentials(changes).values():
        done.result(_WITHIN_S)
    present = set(admin.describe_acls(_ANY).result(_WITHIN_S))
    wanted = set(map(_binding, rights))
    if new := wanted - present:
        for done in admin.create_acls(list(new)).values():
            done.result(_WITHIN_S)
    if old := present - wanted:
        for done in admin.delete_acls([_exactly(binding) for binding in old]).values():
            done.result(_WITHIN_S)
    return Changed(len(new), len(old), len(gone))


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        ResourceType[right.resource],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{right.principal}",
        "*",
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.host,
        binding.operation, binding.permission_type,
    )  # fmt: skip
