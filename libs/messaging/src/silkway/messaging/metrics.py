"""What a service counts, for Prometheus: by the batch, never by the record."""

from __future__ import annotations

import time
from typing import Final, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

records = Counter("silkway_records_total", "Records from the log by what became of them.", ["outcome"])
batches = Counter("silkway_batches_total", "Batches applied.")
batch_records = Histogram(
    "silkway_batch_records", "Records in a batch.", buckets=(1, 3, 10, 30, 100, 300, 1000, 3000)
)
batch_seconds = Histogram(
    "silkway_batch_seconds",
    "Time from fetch to commit of a batch.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
timers = Counter("silkway_timers_fired_total", "Deadlines that fell due and were judged.")
retries = Counter("silkway_retries_total", "Transactions tried again.", ["cause"])
restarts = Counter("silkway_restarts_total", "Transactions begun anew to lock more aggregates.")
data_errors = Counter("silkway_data_errors_total", "Batches that the database refused for their data.")
gaps = Counter("silkway_gaps_total", "Partitions read again because offsets were missing.")
published = Counter("silkway_published_total", "Messages published by the relay.")
relay_errors = Counter("silkway_relay_errors_total", "Faults of the relay, by what was away.", ["cause"])
relay_active = Gauge("silkway_relay_active", "1 where this instance publishes the outbox.")
assigned = Gauge("silkway_assigned_partitions", "Partitions that this instance reads.")
halted = Gauge("silkway_halted_partitions", "Partitions that stand still until an operator decides.")
standstill = Gauge(
    "silkway_progress_age_seconds",
    "Since this instance last fetched or finished a batch, as health was asked.",
)
retention = Gauge(
    "silkway_retention_findings", "What stands in the way of rebuilding the state from the log."
)
lag = Gauge(
    "silkway_lag_records", "Records behind the end of the log, of the partitions read here.", ["topic"]
)

Stage = Literal["fetch", "lock", "apply", "write", "commit"]
"""fetch: until the next batch is there, decoded; lock: offsets, clocks and aggregates locked and loaded; apply: decided
in memory; write: the one statement; commit."""
_SECONDS = Histogram(
    "silkway_stage_seconds",
    "Time of the stages of a batch; fetch is mostly the wait for records.",
    ["stage"],
    buckets=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
_STAGES: Final = {stage: _SECONDS.labels(stage) for stage in get_args(Stage)}


class Stages:
    """A stopwatch: each stage lasts from the end of the one before."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def over(self, stage: Stage) -> None:
        """The stage has come to its end."""
        now = time.perf_counter()
        _STAGES[stage].observe(now - self._since)
        self._since = now
