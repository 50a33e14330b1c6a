"""The tick of a clock, in band on every partition."""

from silkway.contracts.event import Event

__all__ = ["ClockTicked"]


class ClockTicked(Event):
    """What is read after this tick became known at this tick.

    It has no data: the envelope's `tenant` is the name of the clock (see `clock_of`) and `time` the
    tick, UTC. Its Kafka key is null; it is sent to every partition of every topic.
    """

    type = "silkway.clock.ticked.v1"
    topic = ""
    subject_kind = ""

    @property
    def subject_id(self) -> str:
        """Nothing: a tick is about everything."""
        return ""

    @property
    def subject(self) -> str:
        """Nothing: a tick is about everything."""
        return ""
