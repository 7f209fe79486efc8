"""What messages would say under a policy, before it is set."""

from dataclasses import replace

from services.notifications.channels.preview import previews
from services.notifications.policy import Policy, Step, Wording

POLICY = Policy((Step("first", 1), Step("second", 7)), channels=("sms", "email", "log"))


def test_every_text_of_every_channel_and_language_is_shown() -> None:
    found = previews(POLICY)
    assert len(found) == 2 * 2 * (2 + 1), "channels, languages, two steps and the one about several"
    assert all("STOP" in each["text"] or "BERHENTI" in each["text"] for each in found)
    assert all((each["subject"] is None) == (each["channel"] == "sms") for each in found)
    several = [each for each in found if each["several"] and each["language"] == "en"]
    assert all("Example Shop" in each["text"] for each in several)


def test_the_operators_own_wording_is_shown_in_its_place() -> None:
    own = Wording("second", "sms", "en", "Hello {name}, reply STOP")
    other = replace(own, text="Reply STOP, {name}", variant="B")
    variants = [each["variant"] for each in previews(replace(POLICY, wordings=(own, other)))]
    assert (variants.count("B"), len(variants)) == (1, 13)
    texts = [each["text"] for each in previews(replace(POLICY, wordings=(own,)))]
    assert texts.count("Hello Example Shop, reply STOP") == 1


def test_a_partner_always_gets_the_same_of_several_variants_and_each_gets_about_as_many() -> None:
    texts = tuple(Wording("first", "sms", "en", f"{name} STOP", name) for name in "AB")
    policy, turned = replace(POLICY, wordings=texts), replace(POLICY, wordings=texts[::-1])
    chosen = [policy.wording("first", "sms", "en", str(number)) for number in range(1_000)]
    assert chosen == [turned.wording("first", "sms", "en", str(number)) for number in range(1_000)]
    labels = [each.label for each in chosen if each is not None]
    assert 400 < labels.count("first-A") < 600
    assert set(labels) == {"first-A", "first-B"}
    assert policy.wording("second", "sms", "en", "1") is None
