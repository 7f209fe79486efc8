"""The reminder rules, one sentence a test."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from services.notifications import reasons
from services.notifications.facts import OPEN_END, Facts
from services.notifications.policy import ChannelName, Paused, Policy, Step
from services.notifications.rules import Decision, Escalate, Send, decide
from tests.unit.notifications.builders import CALENDAR, MAIL, MONDAY, POLICY, STEPS, a_partner, at, day, sent


def decided(facts: Facts, now: datetime = MONDAY, policy: object = POLICY) -> Decision:
    return decide(facts, policy, CALENDAR, now)  # type: ignore[arg-type]


def next_day(facts: Facts, now: datetime = MONDAY) -> date:
    decision = decided(facts, now)
    assert decision.next is not None, decision
    return decision.next.at.date()


def test_the_first_goes_out_on_the_next_contact_day() -> None:
    decision = decided(a_partner())
    assert (decision.state, decision.actions) == ("scheduled", ())
    assert decision.next is not None
    assert (decision.next.at.date(), decision.next.channel, decision.next.template) == (
        day("2026-11-24"),
        "log",
        "first",
    )
    assert decision.due_at == decision.next.at
    why = "Not registered (on a list since 2026-11-23): reminder 1 of 3 on 2026-11-24."
    assert decision.why == f"{why} {reasons.ONLY_LOGGED}", "nobody is reached, and the sentence says so"
    assert decided(a_partner(), policy=MAIL).why == why


def test_known_on_a_saturday_the_first_waits_for_monday_and_the_others_count_from_saturday() -> None:
    saturday = a_partner(listed_known_at=at("2026-11-21"))
    assert next_day(saturday, at("2026-11-21")) == day("2026-11-23")
    after_first = replace(saturday, sent=(sent(1, "2026-11-23"),))
    assert next_day(after_first, at("2026-11-23")) == day("2026-11-28")
    after_second = replace(saturday, sent=(sent(1, "2026-11-23"), sent(2, "2026-11-28")))
    assert next_day(after_second, at("2026-11-28")) == day("2026-12-05")


def test_the_day_it_became_known_is_the_partners_own() -> None:
    late = at("2026-11-23", "16:00")  # 23:00 in Jakarta, 01:00 on Tuesday in Jayapura
    assert next_day(a_partner(listed_known_at=late), late) == day("2026-11-24")
    assert next_day(a_partner(listed_known_at=late, zone="Asia/Jayapura"), late) == day("2026-11-25")


def test_at_its_second_it_is_sent_and_not_before() -> None:
    decision = decided(a_partner())
    assert decision.next is not None
    slot = decision.next.at
    assert decided(a_partner(), slot - timedelta(seconds=1)).actions == ()
    assert decided(a_partner(), slot).actions == (Send(day("2026-11-23"), 1, "log", "first"),)


def test_after_the_third_it_waits_a_week_and_then_asks_a_field_agent() -> None:
    all_sent = a_partner(sent=(sent(1, "2026-11-24"), sent(2, "2026-11-30"), sent(3, "2026-12-07")))
    waiting = decided(all_sent, at("2026-12-07"))
    assert (waiting.state, waiting.next, waiting.actions) == ("waiting", None, ())
    assert waiting.due_at is not None
    assert waiting.due_at.date() == day("2026-12-14")
    escalated = decided(all_sent, waiting.due_at)
    assert (escalated.state, escalated.actions) == ("escalated", (Escalate(day("2026-11-23")),))
    settled = decided(replace(all_sent, escalated_at=waiting.due_at), at("2027-01-10"))
    assert (settled.state, settled.actions, settled.due_at) == ("escalated", (), None)


@pytest.mark.parametrize(
    ("changes", "state", "word"),
    [
        ({"listed_known_at": None}, "stopped", "list"),
        ({"status": "merged"}, "stopped", "Merged"),
        ({"status": "erased", "listed_known_at": None}, "stopped", "Erased"),
        ({"opted_out_at": MONDAY}, "opted_out", "not to be contacted"),
        ({"insured_from": date(2026, 1, 1), "insured_until": OPEN_END}, "stopped", "since 2026-01-01"),
        ({"insured_from": date(2027, 1, 1), "insured_until": OPEN_END}, "stopped", "from 2027-01-01 on"),
    ],
)
def test_what_stops(changes: dict[str, object], state: str, word: str) -> None:
    decision = decided(a_partner(**changes))
    assert (decision.state, decision.next, decision.actions, decision.due_at) == (state, None, (), None)
    assert word in decision.why


def test_a_registration_that_ends_is_looked_at_again_on_that_day() -> None:
    ending = a_partner(insured_from=day("2026-01-01"), insured_until=day("2026-12-01"), end_known_at=MONDAY)
    decision = decided(ending)
    assert decision.state == "stopped"
    assert decision.due_at == datetime.fromisoformat("2026-12-01T00:00:00+07:00")
    assert next_day(ending, decision.due_at) == day("2026-12-02")


def test_a_lapse_counts_from_the_day_it_takes_effect_or_became_known() -> None:
    lapsed = a_partner(insured_from=day("2020-01-01"), insured_until=day("2026-11-01"), end_known_at=at("2026-12-01"))
    decision = decided(replace(lapsed, sent=(sent(1, "2026-11-24"), sent(2, "2026-11-30"))), at("2026-12-01", "12:00"))
    assert decision.next is not None
    assert decision.next.template == "first"
    assert "lapsed" in decision.why
    early = replace(lapsed, end_known_at=at("2026-10-01"), listed_known_at=at("2026-09-01"))
    assert "counted from 2026-11-01" in decided(early, at("2026-11-01")).why


def test_no_two_messages_are_closer_than_four_days() -> None:
    late = a_partner(sent=(sent(1, "2026-11-28"),))
    assert next_day(late, at("2026-11-28")) == day("2026-12-02")


def test_what_was_missed_is_sent_one_at_a_time() -> None:
    facts, now, days = a_partner(), at("2027-01-11", "04:00"), []
    for _ in range(200):
        decision = decided(facts, now)
        for action in decision.actions:
            assert isinstance(action, Send)
            days.append(now.date())
            facts = replace(facts, sent=(*facts.sent, sent(action.step, str(now.date()))))
        if len(days) == 3:
            break
        now += timedelta(hours=1)
    assert days == [day("2027-01-11"), day("2027-01-15"), day("2027-01-19")]


def test_what_is_overdue_at_night_waits_for_the_partners_second_of_the_next_day() -> None:
    decision = decided(a_partner(), at("2026-11-25", "15:00"))
    assert decision.actions == ()
    assert decision.next is not None
    assert decision.next.at == CALENDAR.slot(day("2026-11-26"), "Asia/Jakarta", a_partner().partner_id)


def test_what_is_overdue_in_the_morning_waits_for_the_partners_own_second() -> None:
    slot = CALENDAR.slot(day("2026-11-26"), "Asia/Jakarta", a_partner().partner_id)
    decision = decided(a_partner(), slot - timedelta(minutes=1))
    assert (decision.actions, decision.due_at) == ((), slot)


def test_what_was_sent_on_the_day_of_the_lapse_does_not_count() -> None:
    lapsed = a_partner(insured_from=day("2020-01-01"), insured_until=day("2026-12-01"), end_known_at=at("2026-12-01"))
    decision = decided(replace(lapsed, sent=(sent(1, "2026-12-01", "02:00"),)), at("2026-12-01", "12:00"))
    assert decision.next is not None
    assert (decision.next.template, decision.next.at.date()) == ("first", day("2026-12-05"))


def test_after_a_passing_failure_it_waits() -> None:
    slot = CALENDAR.slot(day("2026-11-24"), "Asia/Jakarta", a_partner().partner_id)
    decision = decided(a_partner(retry_at=slot + timedelta(minutes=5)), slot)
    assert (decision.state, decision.actions) == ("scheduled", ())
    assert decision.due_at == slot + timedelta(minutes=5)
    assert "put off" in decision.why


def test_without_an_address_mail_reaches_nobody() -> None:
    decision = decided(a_partner(has_email=False), policy=MAIL)
    assert (decision.state, decision.next, decision.actions) == ("unreachable", None, ())
    assert decision.why == f"{reasons.NO_ADDRESS} A visit is asked for on 2026-11-24 if that stays so."


def test_who_has_no_usable_address_becomes_a_task_when_the_reminder_would_have_been_due() -> None:
    unreachable = a_partner(has_email=False)
    due = decided(unreachable, policy=MAIL).due_at
    assert due is not None
    asked = decided(unreachable, due, MAIL)
    assert (asked.state, asked.actions) == ("escalated", (Escalate(day("2026-11-23"), "unreachable"),))
    settled = decided(replace(unreachable, asked_at=due), at("2027-01-10"), MAIL)
    assert (settled.state, settled.actions, settled.due_at) == ("escalated", (), None)
    assert settled.why == f"{reasons.NO_ADDRESS} A visit was asked for on 2026-11-24."
    reached = decided(replace(unreachable, asked_at=due, has_email=True), at("2026-11-30"), MAIL)
    assert (reached.state, reached.next and reached.next.template) == ("scheduled", "first"), "another address"


def test_a_visit_that_an_address_made_needless_is_asked_for_again_after_the_reminders() -> None:
    facts = a_partner(
        sent=(sent(1, "2026-11-30"), sent(2, "2026-12-07"), sent(3, "2026-12-14")), asked_at=at("2026-11-24")
    )
    decision = decided(facts, at("2027-01-10"), MAIL)
    assert decision.state == "waiting"
    assert decision.due_at is not None
    assert decided(facts, decision.due_at, MAIL).actions == (Escalate(day("2026-11-23")),)


ALL = Policy(steps=STEPS)


@pytest.mark.parametrize(
    ("changes", "channels", "chosen"),
    [
        ({"has_phone": True}, ("whatsapp", "sms", "email"), "whatsapp"),
        ({"has_phone": True, "refused": ("whatsapp",)}, ("whatsapp", "sms", "email"), "sms"),
        ({"has_phone": True, "refused": ("sms", "whatsapp")}, ("whatsapp", "sms", "email"), "email"),
        ({"has_phone": True}, ("sms", "email"), "sms"),
        ({"has_phone": False}, ("whatsapp", "sms", "email"), "email"),
        ({"has_phone": True}, ("email", "whatsapp"), "email"),
    ],
)
def test_the_first_channel_with_an_address_that_was_not_refused(
    changes: dict[str, object], channels: tuple[ChannelName, ...], chosen: str
) -> None:
    decision = decided(a_partner(**changes), policy=replace(ALL, channels=channels))
    assert decision.next is not None
    assert decision.next.channel == chosen


@pytest.mark.parametrize(
    ("changes", "channels", "cause"),
    [
        ({"has_phone": True, "has_email": False}, ("email",), reasons.NO_PROVIDER_FOR_PHONE),
        ({"has_phone": False, "has_email": True}, ("whatsapp", "sms"), reasons.NO_PROVIDER_FOR_EMAIL),
        ({"has_phone": False, "has_email": True, "refused": ("email",)}, ("email",), reasons.ADDRESS_REFUSED),
        ({"has_phone": False, "has_email": False}, ("whatsapp", "email"), reasons.NO_ADDRESS),
    ],
)
def test_why_nobody_can_be_reached(changes: dict[str, object], channels: tuple[ChannelName, ...], cause: str) -> None:
    decision = decided(a_partner(**changes), policy=replace(ALL, channels=channels))
    assert (decision.state, decision.why.startswith(cause)) == ("unreachable", True)


def test_an_address_gets_one_message_a_day_whomever_it_is_about() -> None:
    facts = a_partner(contacted=(at("2026-11-24", "02:00"),))
    decision = decided(facts, at("2026-11-24", "02:00"), MAIL)
    assert decision.next is not None
    assert decision.next.at.date() == day("2026-11-25")
    assert "as many messages as it may get" in decision.why


def test_an_address_gets_so_many_messages_within_thirty_days() -> None:
    full = tuple(at(f"2026-11-{number:02}") for number in (3, 10, 17, 20))
    decision = decided(a_partner(contacted=full), policy=MAIL)
    assert decision.next is not None
    assert decision.next.at.date() == day("2026-12-03"), "thirty days after the first of the four"


def test_what_is_paused_waits_and_goes_on_afterwards() -> None:
    due = at("2026-11-25", "05:00")
    for paused in (
        Paused(everything=True),
        Paused(regencies=frozenset({"36.71"})),
        Paused(channels=frozenset({"log"})),
    ):
        waiting = decide(a_partner(region="36.71"), POLICY, CALENDAR, due, paused)
        assert (waiting.state, waiting.next, waiting.due_at, waiting.actions) == ("waiting", None, None, ())
        assert "paused" in waiting.why
    assert decide(a_partner(region="33.11"), POLICY, CALENDAR, due, Paused(regencies=frozenset({"36.71"}))).actions
    two = replace(ALL, channels=("whatsapp", "email"))
    other = decide(a_partner(has_phone=True), two, CALENDAR, MONDAY, Paused(channels=frozenset({"whatsapp"})))
    assert other.next is not None
    assert other.next.channel == "email", "a paused channel gives way to the next"


def test_an_address_refused_for_good_is_left_alone_until_it_changes() -> None:
    refused = a_partner(refused=("email",))
    assert decided(refused, at("2026-11-23"), MAIL).state == "unreachable"
    corrected = replace(refused, refused=())
    assert decided(corrected, at("2026-11-25"), MAIL).state == "scheduled"


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        ("visited", "escalated", "it was met"),
        ("agreed", "escalated", "it agreed to register"),
        ("unreachable", "escalated", "nobody was met"),
        ("wrong_number", "escalated", "phone number is not its own"),
        ("not_enrolled", "escalated", "BPJS does not find it"),
        ("refused", "stopped", "refused to register"),
        ("confirmed", "stopped", "BPJS confirmed"),
        ("already_enrolled", "waiting", "BPJS was asked"),
    ],
)
def test_after_a_visit_people_go_on_and_no_message_is_sent(outcome: str, state: str, words: str) -> None:
    visited = a_partner(
        sent=(sent(1, "2026-11-24"),), visit_outcome=outcome, visited_at=at("2026-11-26"), asked_at=at("2026-11-25")
    )
    decision = decided(visited, at("2027-01-01"))
    assert (decision.state, decision.actions, decision.due_at, words in decision.why) == (state, (), None, True)


def test_a_visit_counts_until_a_lapse_begins_anew() -> None:
    visited = a_partner(visit_outcome="refused", visited_at=at("2026-12-01"))
    registered = replace(visited, insured_from=day("2026-12-05"), insured_until=day("2027-02-01"))
    assert decided(registered, at("2027-02-01", "01:00")).state == "scheduled"


def test_a_merged_partners_messages_count_for_the_survivor() -> None:
    inherited = a_partner(sent=(sent(1, "2026-11-24"), sent(2, "2026-11-30"), sent(1, "2026-12-01")))
    decision = decided(inherited, at("2026-12-02"))
    assert decision.next is not None
    assert (decision.next.template, decision.next.at.date()) == ("third", day("2026-12-07"))


def test_another_cadence_is_only_data() -> None:
    policy = replace(POLICY, steps=(Step("third", 3),), escalate_after_days=2)
    decision = decided(a_partner(), policy=policy)
    assert decision.next is not None
    assert (decision.next.template, decision.next.at.date()) == ("third", day("2026-11-26"))
    assert decided(a_partner(sent=(sent(1, "2026-11-26"),)), at("2026-11-28", "13:00"), policy).state == "waiting"


def test_for_a_moment_after_a_merge_nothing_is_sent() -> None:
    now = at("2026-11-25", "05:00")
    facts = a_partner(settled_at=now + timedelta(seconds=60))
    waiting = decide(facts, POLICY, CALENDAR, now)
    assert (waiting.actions, waiting.due_at) == ((), now + timedelta(seconds=60))
    assert decide(facts, POLICY, CALENDAR, now + timedelta(seconds=60)).actions
