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
    envelope = Envelope(  # by position: twice as fast as by name, and this is done for every event
        derived_id(f"{tenant}/{service}/{subject}/{version}"),
        f"/silkway/{service}",
        emission.event.type,
        subject,
        emission.known_at,
        tenant,
        emission.known_at,
        version,
        traceparent,
    )
    return write(envelope, emission.event)
