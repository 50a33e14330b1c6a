"""Where the services' traces go in tests: takes them over OTLP, as any collector does."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KEPT: Final = "0" * 13 + "1"
"""How the ids of traces end that the services keep: so few that no test pays for it."""
RATIO: Final = 1e-15


class Told(NamedTuple):
    """A span as it was exported; ids in hex."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    links: int


@dataclass
class Collector:
    """All spans that were told so far."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)

    def of(self, trace_id: str) -> set[Told]:
        """The spans of a trace."""
        return {span for span in self.spans if span.trace_id == trace_id}

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                    self.spans.append(Told(told["service.name"], span.name, *ids, len(span.links)))


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
