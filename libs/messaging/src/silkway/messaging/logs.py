"""Logs as JSON lines on standard output."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(service: str, instance: str, level: str = "INFO") -> None:
    """Structured logs with time, level, service and instance; the logs of libraries from warnings up."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without the variables of the frames: there are passwords among them, and what people wrote.
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        structlog.processors.JSONRenderer(),
    ]
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors[:-1], processor=structlog.processors.JSONRenderer()
        )
    )
    handler.addFilter(_Calm())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _Calm(logging.Filter):
    """A broker outage floods the log with the same lines: each is let through once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = f"{record.name}:{record.msg}"
        if record.created - self._last.get(key, 0.0) < 10:
            return False
        if len(self._last) > 1000:
            self._last.clear()
        self._last[key] = record.created
        return True
