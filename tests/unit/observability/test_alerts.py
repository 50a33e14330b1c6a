"""Each alert fires on what it is there for, and on nothing else, as Prometheus itself evaluates the rules."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Final

from tests.unit.observability.rules import PROMETHEUS, Case, alerts, check, promtool

if TYPE_CHECKING:
    from pathlib import Path

JOBS: Final = ("order", "logistics", "credit", "notify", "auditor", "clock")
SERVICES: Final = JOBS[:4]
HOUR: Final = 240
"""Values of an hour, one every quarter of a minute."""


def series(name: str, job: str, **labels: str) -> str:
    """A series as it is scraped from the one instance of a job."""
    told = {"job": job, "instance": f"{job}:80", **labels}
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in told.items()) + "}"


def steady(value: float, hours: int = 1) -> str:
    return f"{value}x{hours * HOUR}"


def growing(step: float, start: float = 0, hours: int = 1) -> str:
    return f"{start}{step:+}x{hours * HOUR}"


def well() -> dict[str, str]:
    """An hour in which all is as it should be, though not everything is nought."""
    quiet = {series("up", job): steady(1) for job in JOBS}
    quiet |= {series("silkway_ready", job): steady(1) for job in JOBS}
    for job in SERVICES:
        for name, value in (
            ("progress_age_seconds", 0.2), ("halted_partitions", 0), ("parked_records", 0), ("retention_findings", 0),
            ("time_lag_seconds", 1.4), ("timers_overdue", 0), ("outbox_oldest_seconds", 0.3), ("relay_active", 1),
        ):  # fmt: skip
            quiet[series(f"silkway_{name}", job)] = steady(value)
        quiet[series("silkway_lag_records", job, topic="trade.orders")] = "9000-10x240"
        quiet[series("silkway_waiting_records", job, cause="not_yet")] = steady(12)
        quiet[series("silkway_retries_total", job, cause="conflict")] = growing(1)
        quiet[series("silkway_retries_total", job, cause="database")] = steady(3)
        quiet[series("silkway_http_requests_total", job, route="/orders", method="POST", status="202")] = (
            growing(100)
        )
        quiet[series("silkway_http_requests_total", job, route="/orders", method="POST", status="503")] = (
            growing(1)
        )
        quiet[series("silkway_http_requests_total", job, route="/orders", method="GET", status="401")] = (
            growing(1)
        )
        for le, step in (("0.1", 99.5), ("1.0", 100), ("+Inf", 100)):
            name = series("silkway_http_seconds_bucket", job, route="/orders", method="POST", le=le)
            quiet[name] = growing(step)
        for le, step in (("1.0", 0), ("10.0", 100), ("+Inf", 100)):  # it waits because it was asked to
            name = series("silkway_http_seconds_bucket", job, route="/events", method="GET", le=le)
            quiet[name] = growing(step)
        quiet[series("silkway_file_age_seconds", job, variable="KAFKA_SASL_PASSWORD_FILE")] = growing(
            15, 86400
        )
        quiet[series("silkway_file_age_seconds", job, variable="KAFKA_CA_FILE")] = growing(15, 300 * 86400)
        quiet[series("silkway_certificate_seconds_left", job, variable="KAFKA_CA_FILE")] = growing(
            -15, 90 * 86400
        )
    quiet[series("silkway_ticks_total", "clock")] = growing(15)
    quiet[series("silkway_relay_active", "clock")] = steady(0)  # it knows the name and has none
    quiet[series("silkway_deliveries_total", "notify", channel="WEBHOOK", outcome="DELIVERED")] = growing(10)
    quiet[series("silkway_deliveries_total", "notify", channel="WEBHOOK", outcome="FAILED")] = growing(2)
    quiet[series("silkway_deliveries_oldest_seconds", "notify")] = steady(20)
    quiet[series("silkway_sender_active", "notify")] = steady(1)
    quiet[series("silkway_incidents_open", "notify", state="ACKNOWLEDGED", severity="CRITICAL")] = steady(2)
    quiet[series("silkway_incidents_open", "notify", state="OPEN", severity="WARNING")] = steady(5)
    quiet[series("silkway_money_waiting", "order", what="payout_due")] = steady(7)
    for part, minor in (("limit", 7e11), ("held", 2e11), ("unrecovered", 1e9)):
        quiet[series("silkway_credit_minor", "credit", part=part)] = steady(minor)
    disk = '{job="node",instance="n:9100",mountpoint="/",fstype="ext4"}'
    quiet["node_filesystem_avail_bytes" + disk] = steady(4e11)
    quiet["node_filesystem_size_bytes" + disk] = steady(1e12)
    return quiet


def asked_by(alert: str) -> dict[str, str]:
    """Of what is well, all that the alert looks at."""
    names = set(re.findall(r"\b[a-z_]+\b", alerts()[alert]["expr"]))
    return {name: values for name, values in well().items() if name.partition("{")[0] in names}


O = {"job": "order"}  # noqa: E741 - the order service, which most of it happens to here
AT_ORDER: Final = {"job": "order", "instance": "order:80"}


def cases() -> list[Case]:
    """What is wrong, and when it is told: not before the alert's time is over."""

    def one(alert: str, minute: int, about: dict[str, str], changed: dict[str, str]) -> Case:
        return Case(alert, {**asked_by(alert), **changed}, minute, (about,))

    disk = '{job="node",instance="n:9100",mountpoint="/",fstype="ext4"}'
    requests = {"route": "/orders", "method": "POST"}
    return [
        one("ServiceDown", 2, {"job": "credit"}, {series("up", "credit"): steady(0)}),
        one("InstanceDown", 6, AT_ORDER, {series("up", "order"): steady(0)}),
        one("NotReady", 3, O, {series("silkway_ready", "order"): steady(0)}),
        one("ConsumerStuck", 3, AT_ORDER, {series("silkway_progress_age_seconds", "order"): growing(15)}),
        one(
            "LagGrows", 20, {**O, "topic": "trade.orders"},
            {series("silkway_lag_records", "order", topic="trade.orders"): growing(500, 100)},
        ),
        one("PartitionHalted", 1, O, {series("silkway_halted_partitions", "order"): steady(1)}),
        one("RecordsParked", 2, O, {series("silkway_parked_records", "order"): steady(1)}),
        one("VersionGap", 6, O, {series("silkway_waiting_records", "order", cause="version"): steady(1)}),
        one("RetentionTooShort", 6, O, {series("silkway_retention_findings", "order"): steady(1)}),
        one("ClockStopped", 6, {}, {series("silkway_ticks_total", "clock"): "0+15x4 60x236"}),
        one("TimeStandsStill", 4, O, {series("silkway_time_lag_seconds", "order"): growing(15)}),
        one("TimersOverdue", 3, O, {series("silkway_timers_overdue", "order"): steady(2)}),
        one("OutboxOld", 4, O, {series("silkway_outbox_oldest_seconds", "order"): growing(15)}),
        one("RelayWithoutHolder", 2, O, {series("silkway_relay_active", "order"): steady(0)}),
        one("DatabaseAway", 4, O, {series("silkway_retries_total", "order", cause="database"): growing(1)}),
        one(
            "DiskNearlyFull", 6, {"instance": "n:9100", "mountpoint": "/"},
            {"node_filesystem_avail_bytes" + disk: steady(9e10)},
        ),
        one(
            "FiguresNotRead", 30, {**O, "figure": "parked_records"},
            {series("silkway_figures_failed_total", "order", figure="parked_records"): growing(1)},
        ),
        one(
            "ApiErrors", 11, O,
            {series("silkway_http_requests_total", "order", **requests, status="503"): growing(6)},
        ),
        one(
            "ApiSlow", 20, O,
            {
                series("silkway_http_seconds_bucket", "order", **requests, le=le): growing(step)
                for le, step in (("0.1", 90), ("1.0", 98), ("3.0", 100))
            },
        ),
        one(
            "KeysRefused", 11, O,
            {series("silkway_http_requests_total", "order", route="/orders", method="GET", status="401"): growing(30)},
        ),
        one(
            "RequestsLimited", 11, O,
            {series("silkway_http_requests_total", "order", **requests, status="429"): growing(30)},
        ),
        one(
            "DeliveriesFail", 30, {},
            {series("silkway_deliveries_total", "notify", channel="WEBHOOK", outcome="FAILED"): growing(20)},
        ),
        one(
            "DeliveriesOld", 30, {"job": "notify"},
            {series("silkway_deliveries_oldest_seconds", "notify"): growing(15)},
        ),
        one("SenderWithoutHolder", 2, {}, {series("silkway_sender_active", "notify"): steady(0)}),
        one(
            "InvariantBroken", 1, {"invariant": "MONEY_ADDS_UP"},
            {series("silkway_findings", "auditor", invariant="MONEY_ADDS_UP"): steady(1)},
        ),
        one(
            "IncidentIgnored", 31, {},
            {series("silkway_incidents_open", "notify", state="OPEN", severity="CRITICAL"): steady(1)},
        ),
        one(
            "MoneyUnmatched", 241, {"what": "unmatched"},
            {series("silkway_money_waiting", "order", what="unmatched"): steady(1, hours=5)},
        ),
        one("LimitsNearlyUsed", 61, {}, {
            series("silkway_credit_minor", "credit", part=part): steady(minor, hours=2)
            for part, minor in (("limit", 7e11), ("held", 6.4e11), ("unrecovered", 1e10))
        }),
        one(
            "CertificateEnds", 11, {"variable": "KAFKA_CA_FILE"},
            {series("silkway_certificate_seconds_left", "order", variable="KAFKA_CA_FILE"): growing(-15, 1e6)},
        ),
        one(
            "SecretOld", 61, {**O, "variable": "ORDER_DATABASE_PASSWORD_FILE"},
            {
                series("silkway_file_age_seconds", "order", variable="ORDER_DATABASE_PASSWORD_FILE"): growing(
                    15, 181 * 86400, hours=2
                )
            },
        ),
    ]  # fmt: skip


def test_prometheus_takes_its_configuration() -> None:
    done = subprocess.run(
        [promtool(), "check", "config", str(PROMETHEUS / "prometheus.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_must(tmp_path: Path) -> None:
    assert {case.alert for case in cases()} == set(alerts())
    check(cases(), tmp_path)


def test_none_fires_while_all_is_well(tmp_path: Path) -> None:
    check([Case(alert, asked_by(alert), 59) for alert in alerts()], tmp_path)


def test_none_fires_before_its_time(tmp_path: Path) -> None:
    patient = {alert for alert, rule in alerts().items() if "for" in rule}
    at_once = [Case(case.alert, case.series, 0) for case in cases() if case.alert in patient]
    check(at_once, tmp_path)
