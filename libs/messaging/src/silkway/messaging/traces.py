"""What a process tells of the traces that it takes part in: nothing, unless it is told where to.

A trace begins at the edge and goes with the event, in the header `traceparent`, into all that follows from it. That
header is passed on as it came, so that what is published does not depend on whether somebody watches: the spans of
all services are children of the one at the edge.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from starlette.types import Scope

    from silkway.messaging.effects import Suspect

DEFAULT_RATIO: Final = 0.01
"""The share of traces that is kept, of those that are flagged."""


class Answered(Protocol):
    """A request that is being traced: told at its end."""

    def __call__(self, method: str, route: str, status: int) -> None: ...


class Traces:
    """Tells nothing. What is called for each batch, request or delivery costs a call here."""

    on = False
    publishes = False
    """Whether this process has the relay: then it knows when what was applied here is published."""

    def request(self, scope: Scope) -> Answered | None:
        """A request has come; where its trace is kept, what to call when it is answered."""
        return None

    def span(self, name: str, traceparent: str | None, **attributes: Any) -> AbstractContextManager[object]:
        """A span for what is done within, where the trace is kept."""
        return nullcontext()

    def applied(self, suspects: Iterable[Suspect], began_ns: int, ended_ns: int) -> None:
        """A transaction was committed in which `suspects` took effect; times since the epoch."""

    def unpublished(self) -> int:
        """How many kept records were applied here whose outcome may still be in the outbox."""
        return 0

    def published(self, count: int) -> None:
        """Kafka has what came of the first `count` of these."""

    def close(self) -> None:
        """Hand over what is still to be told, for two seconds at most."""


OFF: Final = Traces()


def traces_of(service: str, instance: str, environment: Mapping[str, str] = os.environ) -> Traces:
    """OTEL_EXPORTER_OTLP_ENDPOINT: where to (http://host:4318), nothing: nowhere. OTEL_TRACES_SAMPLER_ARG: the share.

    Raises SystemExit where OpenTelemetry is not installed, or the share is no number from 0 to 1.
    """
    endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not endpoint:
        return OFF
    given = environment.get("OTEL_TRACES_SAMPLER_ARG") or str(DEFAULT_RATIO)
    try:
        from silkway.messaging.spans import exporting

        ratio = float(given)
    except ImportError:
        remedy = "pip install 'silkway-messaging[traces]', or leave it away"
        raise SystemExit(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, but there is no OpenTelemetry: {remedy}"
        ) from None
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise SystemExit(f"OTEL_TRACES_SAMPLER_ARG is {given!r}: give a share from 0 to 1")
    return exporting(f"silkway-{service}", instance, endpoint, ratio)
