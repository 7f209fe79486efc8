"""What a gateway's answers mean, where it may be, and how a provider in trouble is left alone. Pure."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels import Outcome
from services.notifications.channels.gateway import Gateway, _seconds, outcome_of
from services.notifications.sending.provider import Provider

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "body", "result", "may_have_left", "is_down"),
    [
        (200, b"{}", "sent", False, False),
        (202, b'{"status": "queued", "id": "7"}', "sent", False, False),
        (204, b"", "sent", False, False),
        (200, b'{"status": "refused"}', "failed", False, False),
        (200, b'{"status": "no credit"}', "delayed", True, True),
        (200, b'{"status": ["x"]}', "delayed", True, True),
        (200, b"<html>log in</html>", "delayed", True, True),
        (200, b"[1]", "delayed", True, True),
        (200, b"[" * 50_000, "delayed", True, True),
        (200, b"\xff\x00", "delayed", True, True),
        (302, b"", "delayed", False, True),
        (400, b"{}", "delayed", False, True),
        (401, b"", "delayed", False, True),
        (404, b"", "delayed", False, True),
        (410, b"", "failed", False, False),
        (422, b"", "failed", False, False),
        (429, b"", "delayed", False, True),
        (500, b"", "delayed", True, True),
        (503, b"", "delayed", False, True),
        (504, b"", "delayed", True, True),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, result: str, may_have_left: bool, is_down: bool) -> None:
    outcome = outcome_of(status, body)
    assert (outcome.result, outcome.may_have_left, outcome.is_server_down) == (result, may_have_left, is_down)


@given(st.integers(200, 599), st.binary(max_size=200) | st.dictionaries(st.text(), st.none() | st.text()).map(
    lambda each: json.dumps(each).encode()))  # fmt: skip
def test_every_answer_means_something_and_nothing_of_it_is_repeated(status: int, body: bytes) -> None:
    outcome = outcome_of(status, body)
    assert outcome.result in ("sent", "delayed", "failed")
    assert (outcome.detail or "").removeprefix(f"http: {status}").strip() in ("", "refused", "status", "garbled")


@pytest.mark.parametrize(
    "url", ["https://gate.example/send", "http://127.0.0.1:9/x", "http://localhost/", "http://relay:80"]
)
def test_where_a_gateway_may_be(url: str) -> None:
    assert Gateway(url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://gate.example/send",
        "https://u:s3cr3t@gate.example",
        "ftp://gate.example",
        "gate",
        "https://",
        "http://8.8.8.8/",
    ],
)
def test_where_it_may_not(url: str) -> None:
    with pytest.raises(ValueError, match="own network") as problem:
        Gateway(url)
    assert "s3cr3t" not in str(problem.value)


def test_a_token_is_not_shown() -> None:
    assert "s3cr3t" not in repr(Gateway("https://gate.example", "s3cr3t"))


@pytest.mark.parametrize(("text", "seconds"), [("", None), ("7", 7.0), ("soon", None), ("-1", None), ("9" * 50, None)])
def test_when_to_come_back(text: str, seconds: float | None) -> None:
    assert _seconds(text) == seconds


def test_a_date_to_come_back_at_that_is_past_is_now() -> None:
    assert _seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


DOWN = Outcome("delayed", is_server_down=True)


def test_a_provider_in_trouble_is_left_alone_and_then_tried_with_one_message() -> None:
    provider, now = Provider(), NOW
    assert provider.room(now) > 1000
    for pause in (2, 4, 8, 16, 30, 30):
        provider.ended(DOWN, now)
        assert provider.is_down
        assert provider.room(now + timedelta(seconds=pause - 1)) == 0
        now += timedelta(seconds=pause)
        assert provider.room(now) == 1
    provider.ended(Outcome("sent"), now)
    assert not provider.is_down
    assert provider.room(now) > 1000


def test_it_is_left_alone_for_as_long_as_it_asks_within_bounds() -> None:
    provider = Provider()
    provider.ended(Outcome("delayed", is_server_down=True, retry_after=90), NOW)
    assert (provider.room(NOW + timedelta(seconds=89)), provider.room(NOW + timedelta(seconds=90))) == (0, 1)
    provider.ended(Outcome("delayed", is_server_down=True, retry_after=1e9), NOW)
    assert provider.room(NOW + timedelta(hours=6)) == 1


@given(st.integers(1, 6000), st.lists(st.integers(0, 3000), max_size=60))
def test_a_provider_is_given_no_more_than_its_rate(per_minute: int, waits: list[int]) -> None:
    """Whatever the times, at most the rate and a second's worth of burst."""
    provider, now, sent = Provider(per_minute), NOW, 0
    for wait in waits:
        now += timedelta(milliseconds=wait)
        for _ in range(provider.room(now)):
            provider.began(now)
            sent += 1
    seconds = (now - NOW).total_seconds()
    assert sent <= per_minute * (seconds + 1) / 60 + 1
