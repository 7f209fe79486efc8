"""Ports are found, kept and refused with a reason."""

import socket
from collections.abc import Iterator

import pytest

from deploy.local import ports
from deploy.local.failure import Failure


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_block_of_free_ports_is_found_for_every_part() -> None:
    found = ports.choose({})
    assert list(found) == list(ports.NAMES)
    assert len(set(found.values())) == len(ports.NAMES)


def test_the_ports_of_the_last_start_are_kept_while_they_are_free() -> None:
    before = ports.choose({})
    assert ports.choose(before) == before


def test_a_port_that_a_new_release_needs_is_found_behind_those_of_the_last_start() -> None:
    before = ports.choose({})
    del before["kafka_internal"]
    found = ports.choose(before)
    assert found.items() > before.items()
    assert set(found) == set(ports.NAMES)


def test_other_ports_are_found_when_one_of_the_last_start_is_taken(taken: int) -> None:
    before = ports.choose({}) | {"kafka": taken}
    assert taken not in ports.choose(before).values()


def test_a_base_gives_ports_one_after_the_other() -> None:
    base = min(ports.choose({}).values())
    assert list(ports.from_base(base).values()) == list(range(base, base + len(ports.NAMES)))


def test_a_base_whose_ports_are_taken_is_refused_by_name(taken: int) -> None:
    with pytest.raises(Failure, match=f"port {taken} for registration is in use"):
        ports.from_base(taken)


def test_a_base_outside_of_what_there_is_is_refused() -> None:
    with pytest.raises(Failure, match="not between"):
        ports.from_base(80)
