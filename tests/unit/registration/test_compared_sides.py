"""What two sides of a case are compared by: a NIK is told to be there, and never shown."""

from services.registration.web.cases import Shown, Side, _facts

PARTNER = {
    "name": "Toko Contoh",
    "kind": "business",
    "scale": "micro",
    "nib": None,
    "workers": None,
    "contact": {},
    "lists": [],
}


def test_that_a_nik_was_sent_is_a_row_of_its_own_and_does_not_differ() -> None:
    sides = [
        Side("33.11", "X", None, (), True, _facts(PARTNER | {"has_nik": has_nik})) for has_nik in (True, True, False)
    ]
    rows = {fact: (values, differs) for fact, values, differs in Shown({}, sides, None).rows}
    assert rows["nik"] == (["given", "given", ""], False)
    assert rows["name"][1] is False
