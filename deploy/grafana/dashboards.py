"""What the dashboards show: the whole, one for each service, and coverage by the views for analysts."""

from typing import Final

from deploy.grafana.panels import Dashboard, Panel

RATE = "[$__rate_interval]"


def _service(service: str) -> list[Panel]:
    """What every service has."""
    name, requests = f"payung_{service}", f"payung_{service}_http_request_duration_seconds"
    return [
        Panel("Requests a second", {"{{status}}": f"sum by (status) (rate({requests}_count{RATE}))"}, "ops"),
        Panel(
            "Time to answer",
            {
                "half": f"histogram_quantile(0.5, sum by (le) (rate({requests}_bucket{RATE})))",
                "99 %": f"histogram_quantile(0.99, sum by (le) (rate({requests}_bucket{RATE})))",
            },
            "s",
        ),
        Panel(
            "Slowest routes, 99 %",
            {"{{route}}": f"topk(5, histogram_quantile(0.99, sum by (le, route) (rate({requests}_bucket{RATE}))))"},
            "s",
        ),
        Panel("Parts that are not ready", {"{{part}}": f"1 - min by (part) ({name}_part_ready)"}, red_from=1),
        Panel("Behind its log", {"{{topic}}": f"max by (topic) ({name}_consumer_lag_seconds)"}, "s", red_from=300),
        Panel("Records behind", {"{{topic}}": f"sum by (topic) ({name}_consumer_lag_records)"}),
        Panel("Stands still", {"{{topic}}": f"max by (topic) ({name}_consumer_halted)"}, red_from=1),
        Panel(
            "Dead letters an hour", {"{{topic}}": f"sum by (topic) (increase({name}_consumer_dead_letters_total[1h]))"}
        ),
    ]


def _relay(service: str) -> list[Panel]:
    name = f"payung_{service}_relay"
    return [
        Panel("Events published a second", {"events": f"sum(rate({name}_published_events_total{RATE}))"}, "ops"),
        Panel(
            "Events that wait", {"waiting": f"max({name}_waiting_events)", "set aside": f"max({name}_set_aside_events)"}
        ),
        Panel(
            "Age of the oldest event",
            {"age": f"time() - min({name}_oldest_event_timestamp_seconds)"},
            "s",
            red_from=120,
        ),
    ]


def _delays(service: str) -> list[Panel]:
    name = f"payung_{service}_consumer_delay_seconds"
    return [
        Panel(
            "From acceptance to effect",
            {
                f"{share} {{{{topic}}}}": f"histogram_quantile({at}, sum by (le, topic) (rate({name}_bucket{RATE})))"
                for share, at in (("half", 0.5), ("99 %", 0.99))
            },
            "s",
        ),
        Panel("Facts applied a second", {"{{topic}}": f"sum by (topic) (rate({name}_count{RATE}))"}, "ops"),
    ]


WHOLE: Final = Dashboard(
    "payung-whole",
    "Payung: the whole",
    [
        Panel(
            "Alerts",
            {"{{alertname}}": 'sum by (alertname, severity) (ALERTS{alertstate="firing"})'},
            kind="table",
            width=12,
            text="docs/runbooks says what to do about each.",
        ),
        Panel(
            "Services that answer", {"{{job}}": 'up{job=~"registration|coverage|notifications"}'}, kind="stat", width=12
        ),
        Panel(
            "Broken promises: facts late (1 % allowed)",
            {"1 hour": "payung:facts_broken:ratio_rate1h", "3 days": "payung:facts_broken:ratio_rate3d"},
            "percentunit",
            red_from=0.01,
        ),
        Panel(
            "Broken promises: requests failed (0.1 % allowed)",
            {"{{job}}, 1 hour": "payung:requests_broken:ratio_rate1h"},
            "percentunit",
            red_from=0.001,
        ),
        Panel(
            "Broken promises: reminders late (1 % allowed)",
            {"1 hour": "payung:reminders_broken:ratio_rate1h", "3 days": "payung:reminders_broken:ratio_rate3d"},
            "percentunit",
            red_from=0.01,
        ),
        Panel(
            "Behind the log",
            {"{{job}} {{topic}}": 'max by (job, topic) ({__name__=~"payung_.+_consumer_lag_seconds"})'},
            "s",
            red_from=300,
        ),
        Panel(
            "Oldest event not published",
            {"{{job}}": 'time() - min by (job) ({__name__=~"payung_.+_relay_oldest_event_timestamp_seconds"})'},
            "s",
            red_from=120,
        ),
        Panel("Dead letters that lie", {"{{topic}}": "max by (topic) (payung_registration_dead_letters)"}, red_from=1),
        Panel(
            "Accepted and refused a second",
            {
                "accepted": f"sum(rate(payung_registration_accepted_total{RATE}))",
                "refused": f"sum(rate(payung_registration_refused_total{RATE}))",
            },
            "ops",
        ),
        Panel(
            "Disk free",
            {"free": "payung_registration_disk_free_bytes / payung_registration_disk_size_bytes"},
            "percentunit",
            kind="stat",
        ),
        Panel(
            "Last backup",
            {"age": "time() - max(payung_registration_last_backup_timestamp_seconds)"},
            "s",
            kind="stat",
            red_from=26 * 3600,
        ),
    ],
)

REGISTRATION: Final = Dashboard(
    "payung-registration",
    "Payung: registration",
    [
        Panel(
            "Orders accepted a second",
            {"{{kind}}": f"sum by (kind) (rate(payung_registration_accepted_total{RATE}))"},
            "ops",
        ),
        Panel(
            "Refused an hour, by reason",
            {"{{code}}": "sum by (code) (increase(payung_registration_refused_total[1h]))"},
        ),
        Panel(
            "Time of a transaction, 99 %",
            {
                "99 %": "histogram_quantile(0.99, sum by (le) "
                f"(rate(payung_registration_transaction_duration_seconds_bucket{RATE})))"
            },
            "s",
        ),
        Panel("Facts held back", {"partners": "sum(increase(payung_registration_held_back_total[1h]))"}, red_from=1),
        Panel(
            "Webhooks a second",
            {"{{outcome}}": f"sum by (outcome) (rate(payung_registration_webhook_deliveries_total{RATE}))"},
            "ops",
        ),
        *_relay("registration"),
        *_service("registration"),
    ],
)

COVERAGE_SERVICE: Final = Dashboard(
    "payung-coverage-service",
    "Payung: the service coverage",
    [
        *_delays("coverage"),
        Panel("Batches to roll up", {"batches": "max(payung_coverage_rollup_pending_batches)"}, red_from=500),
        Panel(
            "Alerts for meaning, silent agencies",
            {"open alerts": "max(payung_coverage_open_alerts)", "silent": "max(payung_coverage_silent_agencies)"},
        ),
        Panel(
            "Enrolled today by programme",
            {"{{programme}}": "sum by (programme) (max by (province, programme) (payung_coverage_enrolled_partners))"},
        ),
        Panel(
            "Not enrolled of those listed today, by province",
            {
                "{{province}} {{programme}}": "max by (province, programme) (payung_coverage_listed_partners) "
                "- max by (province, programme) (payung_coverage_enrolled_partners)"
            },
        ),
        Panel(
            "Since the newest event of an agency",
            {"{{agency}}": "time() - max by (agency) (payung_coverage_agency_last_event_timestamp_seconds)"},
            "s",
        ),
        Panel(
            "Figures that differ from the timelines",
            {"differences": "max(payung_coverage_self_check_differences)"},
            red_from=1,
        ),
        Panel(
            "Since figures and timelines were compared",
            {"since": "time() - max(payung_coverage_self_check_timestamp_seconds)"},
            "s",
            red_from=2 * 86_400,
        ),
        *_service("coverage"),
    ],
)

NOTIFICATIONS: Final = Dashboard(
    "payung-notifications",
    "Payung: notifications",
    [
        Panel(
            "Messages a second",
            {"{{channel}} {{result}}": f"sum by (channel, result) (rate(payung_notifications_reminders_total{RATE}))"},
            "ops",
        ),
        Panel(
            "From due to taken, 99 %",
            {
                "99 %": "histogram_quantile(0.99, sum by (le) "
                f"(rate(payung_notifications_reminder_delay_seconds_bucket{RATE})))"
            },
            "s",
            red_from=300,
        ),
        Panel(
            "Longest due",
            {"age": "time() - min(payung_notifications_oldest_due_timestamp_seconds)"},
            "s",
            red_from=1800,
        ),
        Panel(
            "Providers in trouble", {"{{channel}}": "max by (channel) (payung_notifications_channel_down)"}, red_from=1
        ),
        *_delays("notifications"),
        *_relay("notifications"),
        *_service("notifications"),
    ],
)

COVERAGE: Final = Dashboard(
    "payung-coverage",
    "Payung: coverage of businesses",
    [
        Panel(
            "Registered businesses and all that are listed",
            {
                "": "select day::timestamp as time, "
                "sum(sum(partners) filter (where side = 'listed')) over (order by day) as listed, "
                "sum(sum(partners) filter (where side = 'enrolled')) over (order by day) as enrolled "
                "from reporting_changes where day <= current_date group by day order by day"
            },
            is_sql=True,
            width=16,
        ),
        Panel(
            "Today",
            {
                "": "select sum(listed) as listed, sum(enrolled) as enrolled, "
                "sum(enrolled)::float8 / nullif(sum(listed), 0) as rate from reporting_today"
            },
            kind="table",
            is_sql=True,
        ),
        Panel(
            "By province",
            {
                "": "select province, sum(listed) as listed, sum(enrolled) as enrolled, "
                "sum(enrolled)::float8 / nullif(sum(listed), 0) as rate "
                "from reporting_today group by province order by rate nulls last"
            },
            kind="table",
            is_sql=True,
        ),
        Panel(
            "Why businesses came and went",
            {
                "": "select date_trunc('month', day)::timestamp as time, cause as metric, sum(partners) as partners "
                "from reporting_causes where side = 'enrolled' group by 1, 2 order by 1"
            },
            is_sql=True,
        ),
        Panel(
            "Claims by status",
            {
                "": "select programme, status, count(*) as claims, sum(amount) as rupiah "
                "from reporting_claims group by programme, status order by programme, status"
            },
            kind="table",
            is_sql=True,
        ),
        Panel(
            "Agencies by silence",
            {"": "select agency, last_event from reporting_agencies order by last_event"},
            kind="table",
            is_sql=True,
        ),
    ],
)

DASHBOARDS: Final = (WHOLE, REGISTRATION, COVERAGE_SERVICE, NOTIFICATIONS, COVERAGE)
