"""Where a webhook may be sent."""

import pytest

from services.registration.feed.webhooks import LONGEST_RETRY, retry_after
from shared import public_addresses as addresses
from shared.public_addresses import NotAllowed

NOT_PUBLIC = (
    *("127.0.0.1", "10.1.1.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("255.255.255.255", "198.18.0.1", "192.0.0.8", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1"),
    *("ff02::1", "fec0::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "::ffff:169.254.169.254", "fd00:ec2::254"),
)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(NotAllowed):
        addresses.check_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_taken(address: str) -> None:
    addresses.check_address(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.id/", "ftp://example.id/", "//example.id", "https://", "", "example.id", "https:///x"),
        *("https://user@example.id/", "https://user:pass@example.id/", "https://example.id/#x", "https://a b.id/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data", "https://10.0.0.1:8443/"),
        *("https://example.id:25/", "https://example.id:22/", "https://example.id:99999/", "https://example.id:x/"),
        *("https://example.id/\r\nHost: x", "https://exämple.id/", "https://[::ffff:10.0.0.1]/", "https://[::1"),
        "https://example.id/" + "x" * 500,
    ],
)
def test_a_url_that_can_be_no_webhook_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        addresses.check_url(url, allow_local=False)


@pytest.mark.parametrize("url", ["https://example.id/hook?x=1", "https://example.id:8443/", "https://8.8.8.8/"])
def test_a_public_https_url_is_taken(url: str) -> None:
    addresses.check_url(url, allow_local=False)


def test_only_the_operator_allows_local_addresses_over_http() -> None:
    addresses.check_url("http://127.0.0.1:90/", allow_local=True)


def test_attempts_get_rarer_up_to_an_hour() -> None:
    assert [round(retry_after(n) / 5 / 2**n) for n in range(5)] == [1] * 5
    assert retry_after(50) <= LONGEST_RETRY * 1.1
