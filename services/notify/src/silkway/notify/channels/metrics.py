"""What the sender counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

deliveries = Counter(
    "silkway_deliveries_total", "Attempts to deliver, by what became of them.", ["channel", "outcome"]
)
seconds = Histogram(
    "silkway_delivery_seconds",
    "Time of one attempt to deliver.",
    ["channel"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
active = Gauge("silkway_sender_active", "1 where this instance sends.")
