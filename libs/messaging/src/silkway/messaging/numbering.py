"""The message of an event of ours: numbered, and the same whenever the log is replayed."""

from __future__ import annotations

from silkway.contracts import Envelope, KafkaMessage, write
from silkway.messaging.identity import derived_id
from silkway.messaging.work import Emission


def message_of(
    service: str, tenant: str, emission: Emission, version: int, traceparent: str | None
) -> KafkaMessage:
    """The `version`-th event of `service` about its subject; id and time derive from that and its cause."""
    subject = f"{emission.kind.name}/{emission.id}"
    envelope = Envelope(
        id=derived_id(f"{tenant}/{service}/{subject}/{version}"),
        source=f"/silkway/{service}",
        type=emission.event.type,
        subject=subject,
        time=emission.known_at,
        tenant=tenant,
        knowntime=emission.known_at,
        version=version,
        traceparent=traceparent,
    )
    return write(envelope, emission.event)
