"""How clients reach Kafka: where it is, who they are, whom they believe."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from silkway.messaging.secret import read_secret

MECHANISMS: Final = ("SCRAM-SHA-512", "PLAIN")


class Entrance(NamedTuple):
    """What a client of any library has to be told."""

    servers: str
    protocol: str
    mechanism: str | None = None
    user: str | None = None
    password: str | None = None
    authority: str | None = None
    """File of the certificates to believe."""


def entrance(servers: str, environment: Mapping[str, str] = os.environ) -> Entrance:
    """How to enter at `servers`, as the environment says.

    KAFKA_SASL_USERNAME with KAFKA_SASL_PASSWORD_FILE: who it is (KAFKA_SASL_MECHANISM is SCRAM-SHA-512 unless it says
    PLAIN). KAFKA_CA_FILE: TLS, and the certificates to believe. Without them as whoever comes, in plain text. Raises
    SystemExit with the name of what is wrong.
    """
    user, authority = environment.get("KAFKA_SASL_USERNAME"), environment.get("KAFKA_CA_FILE")
    protocol = ("SASL_" if user else "") + ("SSL" if authority else "PLAINTEXT")
    if not user:
        return Entrance(servers, protocol, authority=authority or None)
    mechanism = environment.get("KAFKA_SASL_MECHANISM") or MECHANISMS[0]
    if mechanism not in MECHANISMS:
        raise SystemExit(f"KAFKA_SASL_MECHANISM is {mechanism!r}: it is one of {', '.join(MECHANISMS)}")
    file = environment.get("KAFKA_SASL_PASSWORD_FILE")
    if not file:
        raise SystemExit("KAFKA_SASL_PASSWORD_FILE is not set: KAFKA_SASL_USERNAME needs it")
    password = read_secret(file, "KAFKA_SASL_PASSWORD_FILE")
    return Entrance(servers, protocol, mechanism, user, password, authority or None)


def to_kafka(servers: str, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The same as arguments for a client of aiokafka. Raises SystemExit with the name of what is wrong."""
    from silkway.messaging import prompt  # aiokafka, which not all who know the way need

    prompt.install()
    found = entrance(servers, environment)
    arguments: dict[str, Any] = {"bootstrap_servers": servers, "security_protocol": found.protocol}
    if found.authority:
        arguments["ssl_context"] = _believing(found.authority)
    if found.user:
        arguments["sasl_mechanism"] = found.mechanism
        arguments["sasl_plain_username"] = found.user
        arguments["sasl_plain_password"] = found.password
    return arguments


def _believing(authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:  # an SSLError is one as well
        reason = "no certificate is in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise SystemExit(f"KAFKA_CA_FILE: {authority} cannot be used ({reason})") from None
