"""What a service counts, for Prometheus."""

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
retries = Counter("silkway_retries_total", "Transactions tried again.", ["cause"])
restarts = Counter("silkway_restarts_total", "Transactions begun anew to lock more aggregates.")
data_errors = Counter("silkway_data_errors_total", "Batches that the database refused for their data.")
gaps = Counter("silkway_gaps_total", "Partitions read again because offsets were missing.")
published = Counter("silkway_published_total", "Messages published by the relay.")
relay_errors = Counter("silkway_relay_errors_total", "Faults of the relay, by what was away.", ["cause"])
relay_active = Gauge("silkway_relay_active", "1 where this instance publishes the outbox.")
assigned = Gauge("silkway_assigned_partitions", "Partitions that this instance reads.")
halted = Gauge("silkway_halted_partitions", "Partitions that stand still until an operator decides.")
retention = Gauge(
    "silkway_retention_findings", "What stands in the way of rebuilding the state from the log."
)
lag = Gauge(
    "silkway_lag_records", "Records behind the end of the log, of the partitions read here.", ["topic"]
)
