"""For each alert the series with which it fires, and those with which it does not, in promtool's notation: one sample a
step, `0+60x10` grows by 60 ten times. The time is zero at the first sample."""

from typing import Final, NamedTuple

Series = dict[str, str]


class Case(NamedTuple):
    """`fires` and `quiet` are looked at after so many steps, of a minute or of five each."""

    steps: int
    fires: Series
    quiet: Series
    step: int = 1


def share(name: str, label: str, good: str, total: str, job: str = "coverage") -> Series:
    """A histogram of which so many observations are within the promise, of so many."""
    return {
        f'payung_{job}_{name}_bucket{{job="{job}",le="{label}"}}': good,
        f'payung_{job}_{name}_count{{job="{job}"}}': total,
    }


PROBES: Final = "0+50x100"
"""Probes that fail, as of a service that starts or waits: other alerts are for that."""


def answers(failed: str, good: str) -> Series:
    name = "payung_registration_http_request_duration_seconds_count"
    series = {"/v1/events": {"503": failed, "200": good}, "/readyz": {"503": PROBES}}
    return {
        f'{name}{{job="registration",route="{route}",status="{status}"}}': values
        for route, found in series.items()
        for status, values in found.items()
    }


def lagging(job: str, name: str, values: str, topic: str = "partners") -> Series:
    return {f'payung_{job}_{name}{{job="{job}",topic="{topic}"}}': values}


UP: Final = {f'up{{job="{job}"}}': "1x2000" for job in ("registration", "coverage", "notifications")}
FACTS, REMINDERS = "consumer_delay_seconds", "reminder_delay_seconds"
DISK: Final = "payung_registration_disk_"
VOLUME: Final = "kubelet_volume_stats_"
FIVE_MINUTES: Final = 5

CASES: Final = {
    "FactsLate": Case(
        30,
        share(FACTS, "60.0", "0+70x30", "0+100x30"),
        share(FACTS, "60.0", "0+95x30", "0+100x30"),
    ),
    "FactsLateSlowly": Case(
        100,
        share(FACTS, "60.0", "0+97x100", "0+100x100"),
        share(FACTS, "60.0", "0+995x100", "0+1000x100"),
        FIVE_MINUTES,
    ),
    "RequestsFail": Case(30, answers("0+3x30", "0+97x30"), answers("0+1x30", "0+999x30")),
    "RequestsFailSlowly": Case(100, answers("0+2x100", "0+998x100"), answers("0+1x100", "0+9999x100"), FIVE_MINUTES),
    "RemindersLate": Case(
        30,
        share(REMINDERS, "300.0", "0+70x30", "0+100x30", "notifications"),
        share(REMINDERS, "300.0", "0+100x30", "0+100x30", "notifications"),
    ),
    "RemindersWait": Case(
        40,
        {'payung_notifications_oldest_due_timestamp_seconds{job="notifications"}': "0x40"},
        {'payung_notifications_oldest_due_timestamp_seconds{job="notifications"}': "0+60x40"},
    ),
    "ConsumerLags": Case(
        15,
        lagging("coverage", "consumer_lag_seconds", "0+60x15"),
        lagging("coverage", "consumer_lag_seconds", "200x15"),
    ),
    "ConsumerHalted": Case(
        5, lagging("notifications", "consumer_halted", "1x5"), lagging("notifications", "consumer_halted", "0x5")
    ),
    "RelayHalted": Case(
        5,
        {'payung_registration_relay_halted{job="registration"}': "1x5"},
        {'payung_registration_relay_halted{job="registration"}': "0x5"},
    ),
    "OutboxOld": Case(
        10,
        {'payung_registration_relay_oldest_event_timestamp_seconds{job="registration"}': "0x10"},
        {'payung_registration_relay_oldest_event_timestamp_seconds{job="registration"}': "0+60x10"},
    ),
    "EventsSetAside": Case(
        10,
        {'payung_registration_relay_set_aside_events{job="registration"}': "0 2x9"},
        {'payung_registration_relay_set_aside_events{job="registration"}': "2 0x9"},
    ),
    "DeadLettersCome": Case(
        30,
        lagging("coverage", "consumer_dead_letters_total", "0x20 3x10"),
        lagging("coverage", "consumer_dead_letters_total", "3x30"),
    ),
    "DeadLettersOld": Case(
        10,
        {'payung_registration_oldest_dead_letter_timestamp_seconds{topic="claims"}': "-432000x10"},
        {'payung_registration_oldest_dead_letter_timestamp_seconds{topic="claims"}': "-400000x10"},
    ),
    "FactsHeldBack": Case(
        30,
        {"payung_registration_held_back_total": "0x20 1x10"},
        {"payung_registration_held_back_total": "1x30"},
    ),
    "RollupBehind": Case(
        40,
        {"payung_coverage_rollup_pending_batches": "600x40"},
        {"payung_coverage_rollup_pending_batches": "600x30 3x10"},
    ),
    "RefusalsJumped": Case(
        30,
        {
            'payung_registration_refused_total{code="invalid_nik"}': "0+70x30",
            "payung_registration_accepted_total": "0+30x30",
        },
        {
            'payung_registration_refused_total{code="invalid_nik"}': "0+30x30",
            "payung_registration_accepted_total": "0+70x30",
        },
    ),
    "AgenciesSilent": Case(
        20,
        {"payung_coverage_silent_agencies": "2x20"},
        {"payung_coverage_silent_agencies": "2x9 0x11"},
        FIVE_MINUTES,
    ),
    "FiguresDiffer": Case(
        20,
        {"payung_coverage_self_check_differences": "0x5 2x15"},
        {"payung_coverage_self_check_differences": "0x20"},
    ),
    "ChannelDown": Case(
        30,
        {'payung_notifications_channel_down{channel="email"}': "1x30"},
        {'payung_notifications_channel_down{channel="email"}': "1x20 0x10"},
    ),
    "ServiceDown": Case(10, UP | {'up{job="coverage"}': "1x5 0x5"}, UP),
    "PartNotReady": Case(
        15,
        {'payung_coverage_part_ready{job="coverage",part="consumer"}': "0x15"},
        {'payung_coverage_part_ready{job="coverage",part="consumer"}': "0x12 1x3"},
    ),
    "DiskFills": Case(
        30,
        {DISK + "free_bytes": "5x30", DISK + "size_bytes": "100x30"},
        {DISK + "free_bytes": "30x30", DISK + "size_bytes": "100x30"},
    ),
    "BackupOld": Case(
        10,
        {"payung_registration_last_backup_timestamp_seconds": "-93600x10"},
        {"payung_registration_last_backup_timestamp_seconds": "-90000x10"},
    ),
    "CertificateExpires": Case(
        20,
        {'certmanager_certificate_expiration_timestamp_seconds{namespace="payung",name="payung"}': "1200000x20"},
        {'certmanager_certificate_expiration_timestamp_seconds{namespace="payung",name="payung"}': "2600000x20"},
        FIVE_MINUTES,
    ),
    "DatabaseBackupOld": Case(
        40,
        {'cnpg_collector_last_available_backup_timestamp{namespace="payung"}': "-93600x40"},
        {'cnpg_collector_last_available_backup_timestamp{namespace="payung"}': "-90000x40"},
    ),
    "VolumeFills": Case(
        20,
        {
            VOLUME + 'available_bytes{namespace="payung"}': "5x20",
            VOLUME + 'capacity_bytes{namespace="payung"}': "100x20",
        },
        {
            VOLUME + 'available_bytes{namespace="payung"}': "30x20",
            VOLUME + 'capacity_bytes{namespace="payung"}': "100x20",
        },
    ),
    "BackupMissing": Case(80, UP, UP | {"payung_registration_last_backup_timestamp_seconds": "0x100"}, FIVE_MINUTES),
}

MORE_THAT_FIRE: Final = {
    "FactsLate": Case(
        80, share(FACTS, "60.0", "0+92x80", "0+100x80"), {}, FIVE_MINUTES
    ),  # six times the allowance, for hours
    "ServiceDown": Case(10, {name: values for name, values in UP.items() if "coverage" not in name}, {}),
    "DiskFills": Case(
        80, {DISK + "free_bytes": "380000000-3500000x80", DISK + "size_bytes": "1000000000x80"}, {}, FIVE_MINUTES
    ),
}
"""Other ways in which some of them fire."""
