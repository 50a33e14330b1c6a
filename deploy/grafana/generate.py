"""Writes the dashboards: `python deploy/grafana/generate.py`, or with --check says whether they are those written.

A panel is a title, a unit and what is asked; a dashboard is rows of them. Grafana's JSON is made of that.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).with_name("dashboards")
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
_WIDTH: Final = 24


class Panel(NamedTuple):
    """What is asked (PromQL by legend), in Grafana's name of the unit."""

    title: str
    asks: dict[str, str]
    unit: str = "short"


Rows = dict[str, list[Panel]]


def rate(metric: str, by: str) -> str:
    """How much a second."""
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def quantile(metric: str, by: str, q: float = 0.99, where: str = "") -> str:
    """Of a histogram."""
    return f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{where}[$__rate_interval])))"


FLOW: Final[Rows] = {
    "Is it well?": [
        Panel("Ready", {"{{job}}": "max by (job) (silkway_ready)"}),
        Panel("Alerts", {"{{alertname}} {{job}}": 'ALERTS{alertstate="firing"}'}),
        Panel("Time behind the clock", {"{{job}}": "min by (job) (silkway_time_lag_seconds)"}, "s"),
    ],
    "The APIs": [
        Panel("Requests", {"{{job}} {{route}}": rate("silkway_http_requests_total", "job, route")}, "reqps"),
        Panel(
            "Errors",
            {
                "{{job}} {{route}} {{status}}": rate(
                    'silkway_http_requests_total{status=~"[45].."}', "job, route, status"
                )
            },
            "reqps",
        ),
        Panel(
            "Time to answer, p99", {"{{job}} {{route}}": quantile("silkway_http_seconds", "job, route")}, "s"
        ),
    ],
    "The log": [
        Panel("Records", {"{{job}} {{outcome}}": rate("silkway_records_total", "job, outcome")}, "ops"),
        Panel("Behind", {"{{job}} {{topic}}": "sum by (job, topic) (silkway_lag_records)"}),
        Panel("Published", {"{{job}}": rate("silkway_published_total", "job")}, "ops"),
    ],
    "What stands": [
        Panel("Parked", {"{{job}}": "max by (job) (silkway_parked_records)"}),
        Panel("Waiting", {"{{job}} for {{cause}}": "max by (job, cause) (silkway_waiting_records)"}),
        Panel("Oldest in the outbox", {"{{job}}": "min by (job) (silkway_outbox_oldest_seconds)"}, "s"),
    ],
}
MONEY: Final[Rows] = {
    "Cover": [
        Panel("Limits of all suppliers, cents", {"{{part}}": "max by (part) (silkway_credit_minor)"}),
        Panel(
            "In use",
            {
                "of the limit": 'sum(max by (part) (silkway_credit_minor{part=~"held|unrecovered"}))'
                ' / sum(max by (part) (silkway_credit_minor{part="limit"}))'
            },
            "percentunit",
        ),
        Panel("Open claims", {"{{state}}": "max by (state) (silkway_claims_open)"}),
    ],
    "What waits for people": [
        Panel("Money", {"{{what}}": "max by (what) (silkway_money_waiting)"}),
        Panel("Incidents", {"{{state}} {{severity}}": "max by (state, severity) (silkway_incidents_open)"}),
        Panel("Findings of the auditor", {"{{invariant}}": "max by (invariant) (silkway_findings)"}),
    ],
    "Who is told": [
        Panel(
            "Attempts",
            {"{{channel}} {{outcome}}": rate("silkway_deliveries_total", "channel, outcome")},
            "ops",
        ),
        Panel(
            "Time of an attempt, p99", {"{{channel}}": quantile("silkway_delivery_seconds", "channel")}, "s"
        ),
        Panel(
            "Pending, and the oldest",
            {
                "pending": "max(silkway_deliveries_pending)",
                "oldest, s": "max(silkway_deliveries_oldest_seconds)",
                "subscriptions failing": "max(silkway_subscriptions_failing)",
            },
        ),
    ],
}
ENGINE: Final[Rows] = {
    "Batches": [
        Panel("Batches", {"{{job}} {{instance}}": rate("silkway_batches_total", "job, instance")}, "ops"),
        Panel("Records in a batch, p50", {"{{job}}": quantile("silkway_batch_records", "job", 0.5)}),
        Panel("Time of a batch, p99", {"{{job}}": quantile("silkway_batch_seconds", "job")}, "s"),
    ],
    "Stages": [
        Panel(
            "Share of time",
            {"{{job}} {{stage}}": rate("silkway_stage_seconds_sum", "job, stage")},
            "percentunit",
        ),
        Panel(
            "Time of a stage, p99",
            {"{{job}} {{stage}}": quantile("silkway_stage_seconds", "job, stage")},
            "s",
        ),
        Panel("Deadlines judged", {"{{job}}": rate("silkway_timers_fired_total", "job")}, "ops"),
    ],
    "Trouble": [
        Panel(
            "Again and anew",
            {
                "{{job}} {{cause}}": rate("silkway_retries_total", "job, cause"),
                "{{job}} more locks": rate("silkway_restarts_total", "job"),
                "{{job}} refused by the database": rate("silkway_data_errors_total", "job"),
                "{{job}} gaps": rate("silkway_gaps_total", "job"),
            },
            "ops",
        ),
        Panel(
            "Relay",
            {
                "{{job}} holders": "sum by (job) (silkway_relay_active)",
                "{{job}} {{cause}} away": rate("silkway_relay_errors_total", "job, cause"),
            },
        ),
        Panel("Since progress", {"{{job}} {{instance}}": "silkway_progress_age_seconds"}, "s"),
    ],
    "What it stands on": [
        Panel(
            "Partitions",
            {
                "{{job}} {{instance}}": "silkway_assigned_partitions",
                "{{job}} halted": "sum by (job) (silkway_halted_partitions)",
            },
        ),
        Panel("Databases", {"{{job}}": "max by (job) (silkway_database_bytes)"}, "bytes"),
        Panel(
            "Processor and memory",
            {
                "{{job}} cores": "sum by (job) (rate(process_cpu_seconds_total[$__rate_interval]))",
                "{{job}} GB": "sum by (job) (process_resident_memory_bytes) / 1e9",
            },
        ),
    ],
}
DASHBOARDS: Final = {
    "flow": ("Flow", FLOW),
    "money": ("Money and credit", MONEY),
    "engine": ("Engine", ENGINE),
}


def dashboard(uid: str, title: str, rows: Rows) -> dict[str, Any]:
    """Grafana's JSON."""
    panels: list[dict[str, Any]] = []
    for row, (heading, shown) in enumerate(rows.items()):
        top = 9 * row
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": heading, "collapsed": False, "panels": [],
             "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": top}}
        )  # fmt: skip
        width = _WIDTH // len(shown)
        for column, panel in enumerate(shown):
            panels.append(_panel(len(panels) + 1, panel, width * column, top + 1, width))
    return {
        "uid": f"silkway-{uid}",
        "title": title,
        "tags": ["silkway"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "panels": panels,
    }


def _panel(number: int, panel: Panel, x: int, y: int, width: int) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + n), "datasource": _SOURCE, "expr": asked, "legendFormat": legend}
        for n, (legend, asked) in enumerate(panel.asks.items())
    ]
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"h": 8, "w": width, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def written() -> dict[Path, str]:
    """What each file is to hold."""
    return {
        FOLDER / f"{uid}.json": json.dumps(dashboard(uid, title, rows), indent=1) + "\n"
        for uid, (title, rows) in DASHBOARDS.items()
    }


def main() -> None:
    files = written()
    if "--check" in sys.argv:
        stale = [file.name for file, text in files.items() if not file.exists() or file.read_text() != text]
        raise SystemExit(f"not as generated: {', '.join(stale)}; run {__file__}" if stale else 0)
    FOLDER.mkdir(exist_ok=True)
    for file, text in files.items():
        file.write_text(text)


if __name__ == "__main__":
    main()
