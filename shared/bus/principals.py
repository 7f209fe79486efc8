"""Who may do what on Kafka: one principal a service, one an agency, and the administrator, who may do everything.

A service may read what it applies and write what it publishes, nothing else; its dead letters go beside the topics it
reads. An agency may write its own intake topic. Nobody but the administrator and registration creates topics.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.bus.topics import DEAD_LETTER_SUFFIX

ADMIN = "admin"
CLUSTER = "kafka-cluster"
"""Kafka's name for the whole cluster, as a resource."""

AGENCY_PREFIX = "agency-"
INTAKE_PREFIX = "intake."
KEYS = "access"
"""The topic of keys issued and revoked."""
FORMER_INTAKE = "intake"
"""The topic that all agencies shared once, with their keys in the records' headers; nobody may write it any more."""

Operation = Literal["READ", "WRITE", "CREATE", "DELETE", "DESCRIBE", "ALTER"]


def group_of_keys(service: str) -> str:
    """The consumer group in which a service applies `access` alone, so that no data is in its way."""
    return service + "-access"


class Grant(NamedTuple):
    """One permission; with `is_prefix` for all resources whose names begin with `name`."""

    principal: str
    resource: Literal["TOPIC", "GROUP", "CLUSTER"]
    name: str
    operation: Operation
    is_prefix: bool = False


@dataclass(frozen=True)
class Rights:
    """What a service does with Kafka, by topics' names without prefix.

    `applies`: reads them in its consumer group, which is called as the service (keys: `group_of_keys`), and writes
    their dead letters.
    `publishes`: writes them. `erases`: reads and deletes the dead letters of these topics, those of erased persons or
    those that it applies once more.
    `admits_agencies`: takes in all agencies' topics, creates them, and makes the agencies' users and grants. That is
    the right to alter the cluster's users and grants as a whole.
    """

    applies: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()
    erases: tuple[str, ...] = ()
    admits_agencies: bool = False


SERVICES = {
    "registration": Rights(
        publishes=("partners", "contacts", "enrollments", "claims", "reference", "access"), admits_agencies=True
    ),
    "coverage": Rights(applies=("partners", "enrollments", "claims", "reference", "outreach", "access")),
    "notifications": Rights(
        applies=("partners", "enrollments", "contacts", "claims", "access"),
        publishes=("outreach", "access"),
        erases=("partners", "enrollments", "contacts", "claims"),
    ),
}


def service_grants(service: str, prefix: str = "") -> set[Grant]:
    """All that a service may do; `prefix` is the one of this stack's topics and groups."""
    return {*_grants(service, SERVICES[service], prefix)}


def agency_grants(agency: str, prefix: str = "") -> set[Grant]:
    """An agency may write its own topic (and see that it is there), nothing else."""
    user, topic = agency_user(agency, prefix), intake_topic(agency, prefix)
    return {Grant(user, "TOPIC", topic, "WRITE"), Grant(user, "TOPIC", topic, "DESCRIBE")}


def agency_user(agency: str, prefix: str = "") -> str:
    """The name under which an agency signs in to Kafka."""
    return prefix + AGENCY_PREFIX + agency


def intake_topic(agency: str, prefix: str = "") -> str:
    return prefix + INTAKE_PREFIX + agency


def _grants(service: str, rights: Rights, prefix: str) -> Iterator[Grant]:
    yield Grant(service, "GROUP", prefix + service, "READ")
    if KEYS in rights.applies:
        yield Grant(service, "GROUP", prefix + group_of_keys(service), "READ")
    for topic in rights.applies:
        yield Grant(service, "TOPIC", prefix + topic, "READ")
        yield Grant(service, "TOPIC", prefix + topic + DEAD_LETTER_SUFFIX, "WRITE")
    for topic in rights.publishes:
        yield Grant(service, "TOPIC", prefix + topic, "WRITE")
        yield Grant(service, "TOPIC", prefix + topic + DEAD_LETTER_SUFFIX, "DESCRIBE")
    for topic in rights.erases:
        for operation in _ERASING:
            yield Grant(service, "TOPIC", prefix + topic + DEAD_LETTER_SUFFIX, operation)
    if rights.admits_agencies:
        for operation in _ADMITTING:
            yield Grant(service, "TOPIC", prefix + INTAKE_PREFIX, operation, is_prefix=True)
        yield Grant(service, "TOPIC", prefix + FORMER_INTAKE, "READ")
        yield Grant(service, "CLUSTER", CLUSTER, "ALTER")
        yield Grant(service, "CLUSTER", CLUSTER, "DESCRIBE")


_ERASING: tuple[Operation, ...] = ("READ", "WRITE", "DELETE")
_ADMITTING: tuple[Operation, ...] = ("CREATE", "READ", "WRITE", "DELETE")
