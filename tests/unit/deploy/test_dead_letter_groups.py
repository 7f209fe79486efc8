"""Dead letters for people: grouped, without personal data, and selected."""

from dataclasses import replace
from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from deploy.local.dead_letter_groups import Choice, agency_of, came_back, contents, described, groups
from shared.bus import dead_letters
from shared.bus.dead_letters import DeadLetter
from shared.release import release

NIK = "3311010101800001"


def letter(topic: str, offset: int, reason: str, value: bytes = b"{}") -> DeadLetter:
    headers = (("ce_type", b"claim.filed"), ("ce_subject", NIK.encode()))
    record = ConsumerRecord(topic, 0, offset, 0, 0, NIK.encode(), value, None, 0, 0, headers)
    (message,) = dead_letters.to_messages(topic, [(record, reason)], consumer="coverage", now=datetime.now(UTC))
    made = ConsumerRecord(
        message.topic, 0, offset, 0, 0, message.key, message.value, None, 0, 0, tuple(message.headers)
    )
    return dead_letters.from_record(made, "")


LETTERS = [
    letter("claims", 1, "malformed: claim_id", b'{"agency": "bpjstk", "name": "Umi"}'),
    letter("claims", 2, "malformed: region", b'{"agency": "bpjstk"}'),
    letter("claims", 3, "malformed: value", b'{"agency": "Umi Contohwati 0812"}'),
    letter("claims", 4, "unknown_type", b"\xff not JSON"),
    letter("intake.dinkop", 5, "unreadable_batch", b""),
]


def test_they_are_grouped_by_topic_reason_and_agency() -> None:
    found = [(row["topic"], row["reason"], row["agency"], row["count"]) for row in groups(LETTERS)]
    assert found == [
        ("claims", "malformed", "bpjstk", 2),
        ("claims", "malformed", None, 1),
        ("claims", "unknown_type", None, 1),
        ("intake.dinkop", "unreadable_batch", "dinkop", 1),
    ]


def test_what_is_shown_names_nobody() -> None:
    for each in LETTERS:
        assert not {NIK, "Umi"} & set(" ".join(described(each).values()).split())
        assert contents(each)["key"] == NIK
    assert agency_of(LETTERS[2]) == ""


def test_one_a_group_or_all_are_chosen() -> None:
    def chosen(choice: Choice) -> list[int]:
        return [each.origin_offset for each in LETTERS if choice.matches(each)]

    assert chosen(Choice()) == [1, 2, 3, 4, 5]
    assert chosen(Choice("claims", "malformed")) == [1, 2, 3]
    assert chosen(Choice("claims", agency="bpjstk")) == [1, 2]
    assert chosen(Choice("claims", id="claims/0/4")) == [4]
    assert chosen(Choice(agency="dinkop")) == [5]


def test_who_failed_again_is_told_from_who_stayed() -> None:
    stayed = replace(LETTERS[1], id="claims/0/17")
    again = replace(LETTERS[0], origin="claims/0/99", last_failure="2026-01-01T00:00:00+00:00")
    assert came_back(LETTERS, [stayed, again]) == [again]


def test_after_a_new_release_those_are_meant_that_it_has_not_tried() -> None:
    of_today = LETTERS[0]
    of_before, of_long_ago = replace(of_today, release="0123456789ab"), replace(of_today, release="")
    assert of_today.release == release()
    meant = Choice(before=release())
    assert [meant.matches(each) for each in (of_today, of_before, of_long_ago)] == [False, True, True]
    assert Choice().matches(of_long_ago)
    assert Choice(before=release(), reason="unknown").matches(of_before) is False
