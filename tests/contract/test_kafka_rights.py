"""What a service reads and writes is what its user may do on Kafka, no more and no less."""

from services.coverage.app import HANDLERS
from services.notifications.app import READS
from services.notifications.app import WRITES as NOTIFICATIONS_WRITES
from services.registration.app import WRITES
from shared.bus.principals import SERVICES, agency_grants, service_grants


def test_the_rights_are_those_that_the_services_need() -> None:
    assert set(SERVICES["coverage"].applies) == set(HANDLERS)
    assert SERVICES["coverage"].publishes == ()
    assert set(SERVICES["notifications"].applies) == set(READS)
    assert set(SERVICES["notifications"].publishes) == set(NOTIFICATIONS_WRITES)
    assert set(SERVICES["registration"].publishes) == set(WRITES) - {"intake"}
    assert SERVICES["registration"].applies == ()


def test_who_applies_keys_does_so_in_a_group_of_its_own() -> None:
    groups = {
        service: {grant.name for grant in service_grants(service, "p.") if grant.resource == "GROUP"}
        for service in SERVICES
    }
    assert groups == {
        "registration": {"p.registration"},
        "coverage": {"p.coverage", "p.coverage-access"},
        "notifications": {"p.notifications", "p.notifications-access"},
    }


def test_registration_alone_may_change_users_grants_and_topics() -> None:
    for service in SERVICES:
        operations = {grant.operation for grant in service_grants(service) if grant.resource == "CLUSTER"}
        creates = any(grant.operation == "CREATE" for grant in service_grants(service))
        assert (operations, creates) == (({"ALTER", "DESCRIBE"}, True) if service == "registration" else (set(), False))


def test_an_agency_has_no_right_but_to_write_its_topic() -> None:
    assert {(grant.name, grant.operation) for grant in agency_grants("solo")} == {
        ("intake.solo", "WRITE"),
        ("intake.solo", "DESCRIBE"),
    }
    assert not any(grant.is_prefix for grant in agency_grants("solo"))
