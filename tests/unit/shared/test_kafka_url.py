"""One text says where Kafka is and who we are; a wrong one is refused without repeating it."""

import pytest
from pydantic import ValidationError

from services.coverage.settings import Settings
from shared.bus.kafka_url import KafkaUrl, aiokafka_options, kafka_url, librdkafka_options

ODD = "p@ss:/,%&"


def test_an_open_broker_is_its_addresses() -> None:
    assert KafkaUrl.parse("a:1,b-2.example:65535") == KafkaUrl(("a:1", "b-2.example:65535"))
    assert aiokafka_options("a:1,b:2") == {"bootstrap_servers": ["a:1", "b:2"]}
    assert librdkafka_options("a:1,b:2") == {"bootstrap.servers": "a:1,b:2"}


def test_user_and_password_come_back_as_they_were() -> None:
    url = KafkaUrl.parse(kafka_url("a:1,[::1]:2", "agency-solo", ODD))
    assert (url.servers, url.user, url.password, url.tls) == (("a:1", "[::1]:2"), "agency-solo", ODD, False)
    assert ODD not in repr(url)


def test_every_client_gets_scram_over_the_asked_transport() -> None:
    url = kafka_url("a:1", "coverage", ODD, "scram+tls")
    assert aiokafka_options(url)["security_protocol"] == "SASL_SSL"
    assert aiokafka_options(url)["ssl_context"] is not None
    assert aiokafka_options(url)["sasl_mechanism"] == librdkafka_options(url)["sasl.mechanism"] == "SCRAM-SHA-512"


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:b", "scram://a:1", "scram://u@a:1", "scram://u:@a:1", "scram://:secret@a:1", "u:secret@a:1",
     "http://u:secret@a:1", "scram://u:secret@a", "scram://u:secret@a:1,", "scram://u:secret@a:1/x"],
)  # fmt: skip
def test_a_wrong_text_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match="expected host:port") as refused:
        KafkaUrl.parse(text)
    assert "secret" not in str(refused.value)


def test_settings_refuse_it_without_its_password_too() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database="postgresql://u:secret@a/b", kafka="scram://u:secret@a", admin_key="pyk_secret")
    assert "kafka" in str(refused.value)
    assert "secret" not in str(refused.value)
