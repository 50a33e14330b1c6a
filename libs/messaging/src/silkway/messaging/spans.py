"""Traces by OpenTelemetry. Nothing is done for a record unless its trace is kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)
from starlette.requests import Request

from silkway.messaging.effects import Fired
from silkway.messaging.http.requests import traceparent_of
from silkway.messaging.traces import Answered, Traces

if TYPE_CHECKING:
    from starlette.types import Scope

    from silkway.messaging.effects import Suspect

EXPORT_TIMEOUT_S: Final = 2.0
_MOST_UNPUBLISHED: Final = 1000
_HEADER: Final = b"traceparent"


class Ids(RandomIdGenerator):
    """Ids by chance, but for a trace that has its id already: one that begins here and is to be kept."""

    def __init__(self) -> None:
        self.next_trace = 0

    def generate_trace_id(self) -> int:
        given, self.next_trace = self.next_trace, 0
        return given or super().generate_trace_id()


class Spans(Traces):
    """Kept is what its trace's own flag wants kept, and of that the share `ratio`, found by the trace's id alone:
    so all services keep the same traces. The provider keeps whatever it is given; `ids` are its own.
    """

    on = True

    def __init__(self, provider: TracerProvider, ids: Ids, ratio: float) -> None:
        self._provider, self._ids = provider, ids
        self._tracer = provider.get_tracer("silkway")
        # As text, so that deciding is comparing: 56 random bits of the id (W3C trace context, level 2).
        self._below = f"{int(ratio * 16**14):014x}" if ratio < 1 else "~"
        self._unpublished: deque[tuple[str, int]] = deque(maxlen=_MOST_UNPUBLISHED)

    def keeps(self, traceparent: str | None) -> bool:
        """Whether spans are made of this trace."""
        return (
            traceparent is not None
            and traceparent[21:35] < self._below
            and int(traceparent[53:55], 16) & TraceFlags.SAMPLED != 0
        )

    def request(self, scope: Scope) -> Answered | None:
        given = traceparent_of(Request(scope))
        headers = [(name, value) for name, value in scope["headers"] if name != _HEADER]
        came = len(headers) < len(scope["headers"]) and (_HEADER, given.encode()) in scope["headers"]
        scope["headers"] = [*headers, (_HEADER, given.encode())]  # who reads it again finds the same
        if not self.keeps(given):
            return None
        if not came:
            self._ids.next_trace = int(given[3:35], 16)
        began = _parent(given) if came else Context()
        span = self._tracer.start_span("request", context=began, kind=SpanKind.SERVER)
        context = span.get_span_context()
        scope["headers"][-1] = (_HEADER, f"00-{context.trace_id:032x}-{context.span_id:016x}-01".encode())

        def answered(method: str, route: str, status: int) -> None:
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {"http.request.method": method, "http.route": route, "http.response.status_code": status}
            )
            span.end()

        return answered

    def span(self, name: str, traceparent: str | None, **attributes: Any) -> AbstractContextManager[object]:
        if not self.keeps(traceparent):
            return nullcontext()
        return self._tracer.start_as_current_span(
            name, context=_parent(traceparent or ""), kind=SpanKind.CLIENT, attributes=attributes
        )

    def applied(self, suspects: Iterable[Suspect], began_ns: int, ended_ns: int) -> None:
        kept = [
            (item.record, item.envelope)
            for item, _ in suspects
            if not isinstance(item, Fired)
            and item.envelope is not None
            and self.keeps(item.envelope.traceparent)
        ]
        if not kept:
            return
        batch = self._tracer.start_span(
            "batch", context=Context(), start_time=began_ns, attributes={"silkway.kept": len(kept)}
        )
        batch.end(ended_ns)
        links = [Link(batch.get_span_context())]
        for record, envelope in kept:
            traceparent = envelope.traceparent or ""
            attributes: dict[str, str | int] = {
                "messaging.system": "kafka",
                "messaging.destination.name": record.topic,
                "messaging.kafka.offset": record.offset,
                "silkway.event": envelope.id,
                "silkway.subject": envelope.subject,
            }
            span = self._tracer.start_span(
                f"apply {envelope.type}", context=_parent(traceparent), kind=SpanKind.CONSUMER,
                attributes=attributes, links=links, start_time=began_ns,
            )  # fmt: skip
            span.end(ended_ns)
            if self.publishes:
                self._unpublished.append((traceparent, ended_ns))

    def unpublished(self) -> int:
        return len(self._unpublished)

    def published(self, count: int) -> None:
        ended_ns = time.time_ns()
        for _ in range(min(count, len(self._unpublished))):
            traceparent, began_ns = self._unpublished.popleft()
            span = self._tracer.start_span(
                "relay", context=_parent(traceparent), kind=SpanKind.PRODUCER, start_time=began_ns
            )
            span.end(ended_ns)

    def close(self) -> None:
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(EXPORT_TIMEOUT_S)


def _parent(traceparent: str) -> Context:
    """The context in which a span of this trace begins."""
    trace_id, span_id = int(traceparent[3:35], 16), int(traceparent[36:52], 16)
    remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(remote), Context())


def exporting(name: str, instance: str, endpoint: str, ratio: float) -> Spans:
    """Spans that go to an OTLP endpoint over HTTP, from a thread of their own; what it cannot take is dropped."""
    ids = Ids()
    resource = Resource.create({"service.name": name, "service.instance.id": instance})
    provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, id_generator=ids, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, ids, ratio)
