"""What the auditor counts, for Prometheus."""

from prometheus_client import Counter, Gauge

records = Counter("silkway_audited_records_total", "Records of the log that were read.")
findings = Gauge("silkway_findings", "Broken invariants that nobody has settled.", ["invariant"])
compared = Counter("silkway_models_compared_total", "Read models compared with the log.", ["outcome"])
lag = Gauge("silkway_audit_lag_records", "Records of the turn under way that are still to be read.")
turns = Counter("silkway_audit_turns_total", "Turns of reading: what had to wait was judged.")
