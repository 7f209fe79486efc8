"""As many of a partner's orders are taken, in their order, as fit; those of others never suffer."""

from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.values import Refusal
from services.registration.records.fact_limits import TOO_LARGE
from services.registration.writer.fitting import Searches

Partner = tuple[list[int], int]
"""A partner's orders, and how many of them fit."""


def searched(partners: list[Partner]) -> tuple[set[int], int]:
    """The orders that are refused in the end, and the attempts that it took."""
    searches, attempts = Searches(), 0
    while True:
        attempts += 1
        refused = searches.refused()
        misfits: list[tuple[list[int], Refusal]] = []
        for orders, fitting in partners:
            taken = [at for at in orders if at not in refused]
            if len(taken) > fitting:
                misfits.append((taken, TOO_LARGE))
        if not searches.learn(misfits):
            return set(searches.refused()), attempts


@st.composite
def several_partners(draw: st.DrawFn) -> list[Partner]:
    owners = draw(st.lists(st.integers(0, 3), max_size=60))
    orders = [[at for at, owner in enumerate(owners) if owner == each] for each in range(4)]
    return [(own, draw(st.integers(0, len(own)))) for own in orders]


@given(several_partners())
def test_exactly_the_orders_that_do_not_fit_are_refused(partners: list[Partner]) -> None:
    refused, _ = searched(partners)
    assert refused == {at for orders, fitting in partners for at in orders[fitting:]}


def test_a_group_of_ten_thousand_takes_few_attempts() -> None:
    refused, attempts = searched([(list(range(10_000)), 6_999)])
    assert refused == set(range(6_999, 10_000))
    assert attempts <= 16


def test_a_partner_without_an_order_to_blame_ends_the_search() -> None:
    assert not Searches().learn([([], TOO_LARGE)])
