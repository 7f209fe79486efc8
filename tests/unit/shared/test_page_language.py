"""The parameter `lang`, which every page has."""

import pytest

from shared.web.middleware import _without_language


@pytest.mark.parametrize(
    ("query", "rest", "language"),
    [
        (b"lang=id", b"", "id"),
        (b"q=%C3%A9&lang=en&cursor=", b"q=%C3%A9&cursor=", "en"),
        ("lang=id&q=é".encode(), b"q=%C3%A9", "id"),
        (b"lang=fr", b"", None),
        (b"lang=id&q=%FF", b"lang=id&q=%FF", None),
        (b"lang=id&q=%00", b"lang=id&q=%00", None),
    ],
)
def test_the_rest_of_a_question_is_as_it_was_asked(query: bytes, rest: bytes, language: str | None) -> None:
    scope, asked_for = _without_language({"type": "http", "path": "/partners", "query_string": query})
    assert (scope["query_string"], asked_for) == (rest, language)
