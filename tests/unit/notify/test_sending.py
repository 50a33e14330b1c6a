"""The rules of the sender: when, how often, signed how, in which words."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from silkway.notify.channels.email import Line, written
from silkway.notify.channels.secrets import Secrets, before
from silkway.notify.channels.webhook import may_call, signature
from silkway.notify.domain.delivery import RETRY_AFTER_S, may_send_at, retry_after_s
from silkway.notify.settings import ChannelSettings

KEY = b"k" * 32
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0, day: int = 1) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI).astimezone(dt.UTC)


@given(body=st.text(max_size=200))
def test_what_is_signed_is_verified_by_the_library_of_standard_webhooks(body: str) -> None:
    secrets = Secrets(KEY)
    old, new = secrets.of("acme", "shop", "V1"), secrets.of("acme", "shop", "V2")
    now = int(dt.datetime.now(dt.UTC).timestamp())
    headers = {
        "webhook-id": "msg",
        "webhook-timestamp": str(now),
        "webhook-signature": signature([new, old], "msg", now, body.encode()),
    }
    for ref in ("V1", "V2"):
        shown = secrets.shown("acme", "shop", ref)
        Webhook(shown).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets.shown("acme", "other", "V2")).verify(body, headers, json_parse=False)


def test_secrets_are_of_one_subscription_of_one_tenant_in_one_version() -> None:
    secrets = Secrets(KEY)
    names = [("acme", "shop", "V1"), ("acme", "shop", "V2"), ("acme", "bell", "V1"), ("other", "shop", "V1")]
    assert len({secrets.of(*name) for name in names}) == 4
    assert Secrets(b"x" * 32).of(*names[0]) != secrets.of(*names[0])
    assert [before(ref) for ref in ("V1", "V2", "V10", "KEY")] == [None, "V1", "V9", None]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(21, 59), at(21, 59)),
        (at(22, 0), at(7, 0, day=2)),
        (at(23, 30), at(7, 0, day=2)),
        (at(3, 0), at(7, 0)),
        (at(7, 0), at(7, 0)),
    ],
)
def test_quiet_hours_last_past_midnight_in_their_own_zone(now: dt.datetime, expected: dt.datetime) -> None:
    assert may_send_at(now, "22:00", "07:00", SHANGHAI) == expected


@given(
    minutes=st.integers(0, 60 * 24 * 400),
    start=st.integers(0, 23),
    end=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
)
def test_quiet_hours_end_within_a_day(minutes: int, start: int, end: int, zone: str) -> None:
    now = NOON + dt.timedelta(minutes=minutes)
    then = may_send_at(now, f"{start:02}:00", f"{end:02}:00", ZoneInfo(zone))
    assert now <= then <= now + dt.timedelta(hours=25)


def test_pauses_follow_the_schedule_and_end() -> None:
    pauses = [retry_after_s(tries, RETRY_AFTER_S, "D-1") for tries in range(1, len(RETRY_AFTER_S) + 2)]
    assert pauses[-1] is None
    for pause, planned in zip(pauses, RETRY_AFTER_S, strict=False):
        assert pause is not None
        assert planned <= pause <= planned * 1.2


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://shop.example/hook?x=1", True),
        ("http://10.0.0.1:8080/", False),
        ("http://93.184.215.14:8080/", True),
        ("https://shop.example:22", False),
        ("ftp://shop.example", False),
        ("https://", False),
        ("https://me:secret@shop.example", False),
        ("https://shop.example:port", False),
        ("shop.example", False),
    ],
)
def test_only_urls_of_http_are_called(address: str, good: bool) -> None:
    assert (may_call(address) is None) == good


def test_networks_of_ones_own_may_be_called_when_they_are_named() -> None:
    own = ChannelSettings.read({"NOTIFY_WEBHOOK_NETWORKS": "10.0.0.0/8, fd00::/8"}).networks
    assert may_call("http://10.0.0.1:8080/", own) is None
    assert may_call("http://[fd00::1]/", own) is None
    assert may_call("http://[::ffff:10.0.0.1]/", own) is None
    assert may_call("http://192.168.0.1/", own) is not None


def test_an_e_mail_has_all_notices_in_text_and_html_and_names_its_deliveries() -> None:
    server = ChannelSettings.read(
        {"NOTIFY_SMTP_URL": "smtp://mail.example", "NOTIFY_MAIL_FROM": "s@k.example"}
    ).mail
    assert server is not None
    lines = [
        Line("D-1", "Order <PO-1> is late.", "WARNING", "order/PO-1", "DELAY"),
        Line("D-2", "已延误", "INFO", "order/PO-2", "DELAY"),
    ]
    message = written(lines, server, "lin@silk.example", "zh-Hans", "2 notices", NOON)
    plain, html = (part.get_content() for part in message.iter_parts())
    assert "Order <PO-1> is late." in plain
    assert "Order &lt;PO-1&gt; is late." in html
    assert "已延误" in plain
    assert message["Message-ID"] == "<D-1@k.example>"
    assert message.get_all("Silkway-Delivery") == ["D-1", "D-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"NOTIFY_RETRY_AFTER_S": "1,soon"},
        {"NOTIFY_SMTP_URL": "mail.example"},
        {"NOTIFY_TIMEOUT_S": "x"},
        {"NOTIFY_WEBHOOK_NETWORKS": "10.0.0.1/8"},
    ],
)
def test_settings_that_cannot_be_used_are_named(wrong: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match="NOTIFY_"):
        ChannelSettings.read(wrong)


def test_the_key_is_read_from_its_file_and_must_be_long(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "key"
    file.write_bytes(KEY + b"\n")
    assert ChannelSettings.read({"NOTIFY_SIGNING_KEY_FILE": str(file)}).key == KEY
    file.write_bytes(b"short")
    with pytest.raises(SystemExit, match="NOTIFY_SIGNING_KEY_FILE"):
        ChannelSettings.read({"NOTIFY_SIGNING_KEY_FILE": str(file)})
