"""Makes Kafka's users (SCRAM-SHA-512) and grants (ACLs). All of it may be done again: it then changes nothing.

`python -m shared.bus.access_control` does it once for a cluster, before the services start, and creates the topics:
PAYUNG_KAFKA is the administrator's address, ADMIN_KAFKA_PASSWORD, REGISTRATION_KAFKA_PASSWORD … are the passwords.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from shared.bus.kafka_url import librdkafka_options
from shared.bus.principals import ADMIN, SERVICES, Grant, service_grants
from shared.bus.topics import ensure_topics
from shared.events import TOPICS

ANSWERED_WITHIN = 15.0
"""Seconds that the broker may take for one request."""

APPLIED_POLL = 0.02
ITERATIONS = 4096
_RESOURCES = {"TOPIC": ResourceType.TOPIC, "GROUP": ResourceType.GROUP, "CLUSTER": ResourceType.BROKER}
_NAMES: dict[Any, str] = {resource: name for name, resource in _RESOURCES.items()}
_NO_SUCH_USER = 91
"""Kafka's error code RESOURCE_NOT_FOUND."""


class AccessControl:
    """Users and grants of one cluster. Every method waits for the broker: call it in a thread.

    Raises KafkaException when the broker refuses or does not answer.
    """

    def __init__(self, kafka: str) -> None:
        self._client = AdminClient({**librdkafka_options(kafka), "log_level": 0})

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Make the users, or give those that exist these passwords; returns once the broker knows all of them."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        wanted: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(user, info, password.encode()) for user, password in passwords.items()
        ]
        _wait(self._client.alter_user_scram_credentials(wanted, request_timeout=ANSWERED_WITHIN).values())
        _until(lambda: all(map(self._is_user, passwords)))

    def remove_user(self, user: str) -> None:
        """No new connection of this user is accepted; nothing happens if there is none."""
        gone: list[UserScramCredentialAlteration] = [UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)]
        if self._is_user(user):
            _wait(self._client.alter_user_scram_credentials(gone, request_timeout=ANSWERED_WITHIN).values())
            _until(lambda: not self._is_user(user))

    def set_grants(self, principal: str, wanted: Collection[Grant]) -> None:
        """The principal may do this from now on and nothing else: adds what is missing, removes what is too much."""
        held = self._bindings(principal)
        surplus = [binding for binding in held if _to_grant(binding) not in wanted]
        known = {_to_grant(binding) for binding in held}
        missing = [_to_binding(grant) for grant in sorted(wanted) if grant not in known]
        if missing:
            _wait(self._client.create_acls(missing, request_timeout=ANSWERED_WITHIN).values())
        if surplus:
            filters = [_exactly(binding) for binding in surplus]
            _wait(self._client.delete_acls(filters, request_timeout=ANSWERED_WITHIN).values())
        if missing or surplus:
            _until(lambda: {_to_grant(binding) for binding in self._bindings(principal)} == set(wanted))

    def _is_user(self, user: str) -> bool:
        answers: Any = self._client.describe_user_scram_credentials([user], request_timeout=ANSWERED_WITHIN)
        try:
            answers[user].result(ANSWERED_WITHIN)
        except KafkaException as problem:
            if problem.args[0].code() == _NO_SUCH_USER:
                return False
            raise
        return True

    def _bindings(self, principal: str) -> list[AclBinding]:
        asked = self._client.describe_acls(_all_of(principal), request_timeout=ANSWERED_WITHIN)
        return list(asked.result(ANSWERED_WITHIN))


async def admit_services(
    kafka: str, passwords: Mapping[str, str], *, prefix: str = "", partitions: int = 8, replication: int = 1
) -> None:
    """Make the administrator's and the services' users, their grants, and all topics. Raises KafkaException,
    KafkaError."""
    control = AccessControl(kafka)

    def admit() -> None:
        control.set_passwords(passwords)
        for service in SERVICES:
            control.set_grants(service, service_grants(service, prefix))

    topics = ensure_topics(kafka, TOPICS.values(), prefix=prefix, partitions=partitions, replication=replication)
    await asyncio.gather(asyncio.to_thread(admit), topics)


def _until(condition: Callable[[], bool]) -> None:
    """The controller answers before the brokers have applied a change: wait for them."""
    deadline = time.monotonic() + ANSWERED_WITHIN
    while not condition():
        if time.monotonic() > deadline:
            raise KafkaException("the broker did not apply a change of users or grants in time")
        time.sleep(APPLIED_POLL)


def _wait(answers: "Iterable[Future[Any]]") -> None:
    for answer in answers:
        answer.result(ANSWERED_WITHIN)


def _to_binding(grant: Grant) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if grant.is_prefix else ResourcePatternType.LITERAL
    resource, operation = _RESOURCES[grant.resource], AclOperation[grant.operation]
    return AclBinding(resource, grant.name, pattern, f"User:{grant.principal}", "*", operation, AclPermissionType.ALLOW)


def _to_grant(binding: AclBinding) -> Grant | None:
    """None for a binding that is not of the kind that we make."""
    is_ours = binding.host == "*" and binding.permission_type == AclPermissionType.ALLOW
    resource, operation = _NAMES.get(binding.restype), AclOperation(binding.operation).name
    if not is_ours or resource is None or binding.name is None:
        return None
    is_prefix = binding.resource_pattern_type == ResourcePatternType.PREFIXED
    return Grant(binding.principal.removeprefix("User:"), resource, binding.name, operation, is_prefix)  # type: ignore[arg-type]


def _all_of(principal: str) -> AclBindingFilter:
    anything = (ResourceType.ANY, None, ResourcePatternType.ANY)
    return AclBindingFilter(*anything, f"User:{principal}", None, AclOperation.ANY, AclPermissionType.ANY)  # type: ignore[arg-type]


def _exactly(binding: AclBinding) -> AclBindingFilter:
    pattern = (binding.restype, binding.name, binding.resource_pattern_type)
    return AclBindingFilter(*pattern, binding.principal, binding.host, binding.operation, binding.permission_type)


async def main() -> int:
    names = [ADMIN, *SERVICES]
    missing = [name for name in names if not os.environ.get(f"{name.upper()}_KAFKA_PASSWORD")]
    if missing:
        print(f"set {missing[0].upper()}_KAFKA_PASSWORD", file=sys.stderr)
        return 2
    passwords = {name: os.environ[f"{name.upper()}_KAFKA_PASSWORD"] for name in names}
    await admit_services(os.environ["PAYUNG_KAFKA"], passwords)
    print(f"users, grants and topics of {', '.join(SERVICES)} are made")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
