"""Which traces are kept is seen from the trace alone, and where none is, nothing is done."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from silkway.messaging.spans import Ids, Spans
from silkway.messaging.traces import OFF, traces_of

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


def spans(ratio: float) -> tuple[Spans, InMemorySpanExporter]:
    told, ids = InMemorySpanExporter(), Ids()
    provider = TracerProvider(id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(told))
    return Spans(provider, ids, ratio), told


def request(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/orders", "headers": list(headers)}


def test_the_flag_and_the_share_decide() -> None:
    everything, nothing = spans(1)[0], spans(0)[0]
    assert everything.keeps(GIVEN)
    assert not everything.keeps(GIVEN[:-1] + "0")
    assert not everything.keeps(None)
    assert not nothing.keeps(GIVEN)


def test_all_services_keep_the_same_and_about_the_share() -> None:
    one, other = spans(0.1)[0], spans(0.1)[0]
    traces = [f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01" for _ in range(5_000)]
    kept = [trace for trace in traces if one.keeps(trace)]
    assert kept == [trace for trace in traces if other.keeps(trace)]
    assert 350 < len(kept) < 650


def test_a_trace_that_begins_here_goes_on_under_the_id_of_the_request() -> None:
    # Given a request without a trace
    kept, told = spans(1)
    scope = request()
    answered = kept.request(scope)
    assert answered is not None
    answered("POST", "/orders", 202)

    # Then what follows from it is the request's child, and the request is nobody's
    [span] = told.get_finished_spans()
    assert (span.name, span.parent) == ("POST /orders", None)
    [(name, onward)] = scope["headers"]
    assert span.context is not None
    assert (name, onward.decode()) == (
        b"traceparent",
        f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01",
    )


def test_a_trace_that_is_not_kept_goes_on_as_it_came() -> None:
    kept, told = spans(0)
    scope = request((b"traceparent", GIVEN.encode()))
    assert kept.request(scope) is None
    assert scope["headers"] == [(b"traceparent", GIVEN.encode())]
    with kept.span("publish", GIVEN):
        pass
    assert told.get_finished_spans() == ()


def test_without_an_endpoint_nothing_is_told() -> None:
    assert traces_of("order", "1", {}) is OFF
    assert traces_of("order", "1", {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}) is OFF


@pytest.mark.parametrize("given", ["much", "1.1", "-1", "nan"])
def test_a_share_that_is_none_is_named(given: str) -> None:
    with pytest.raises(SystemExit, match="OTEL_TRACES_SAMPLER_ARG"):
        traces_of("order", "1", {**ENDPOINT, "OTEL_TRACES_SAMPLER_ARG": given})


def test_where_opentelemetry_is_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "silkway.messaging.spans", None)
    with pytest.raises(SystemExit, match=r"silkway-messaging\[traces\]"):
        traces_of("order", "1", ENDPOINT)
