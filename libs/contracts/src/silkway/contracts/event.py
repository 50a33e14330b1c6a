"""The base of all events."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from silkway.contracts.keys import key_of

__all__ = ["Event", "Part"]


class Part(BaseModel):
    """A part of an event's data. Immutable; unknown fields are ignored: senders may be newer than we."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Event(Part):
    """The data of one event; who sent it and when is in its `Envelope`."""

    type: ClassVar[str]
    """CloudEvents type, e.g. silkway.order.drafted.v1. A break of the contract is a new major version."""
    topic: ClassVar[str]
    """Name of the topic it travels on, without the installation's prefix; empty for ticks: every topic."""
    subject_kind: ClassVar[str]
    """What it is about: `order` means that the subject is order/<order_id>. Empty for ticks."""

    @property
    def subject_id(self) -> str:
        """Id of what the event is about: the field `<subject_kind>_id`."""
        value: str = getattr(self, f"{self.subject_kind}_id")
        return value

    @property
    def subject(self) -> str:
        """`<kind>/<id>`, the CloudEvents subject."""
        return f"{self.subject_kind}/{self.subject_id}"

    def key(self, tenant: str) -> str:
        """Kafka key: events of one key keep their order within a topic."""
        return key_of(tenant, self.subject_id)
