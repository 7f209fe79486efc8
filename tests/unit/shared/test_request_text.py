"""Which requests hold a text that is none."""

import pytest

from shared.request_text import is_encoded_text, is_form_in_utf8, place_of_no_text


@pytest.mark.parametrize(
    "encoded", [b"", b"/v1/partners", b"q=a+b&c=%C3%A9", "é".encode(), b"%F0%9F%98%80", b"100%", b"%zz"]
)
def test_a_text_passes(encoded: bytes) -> None:
    assert is_encoded_text(encoded)


@pytest.mark.parametrize("encoded", [b"\x00", b"%00", b"a%00", b"%ED%A0%80", b"\xed\xa0\x80", b"%FF", b"\xff", b"%C3"])
def test_nul_surrogates_and_what_is_no_utf_8_do_not(encoded: bytes) -> None:
    assert not is_encoded_text(encoded)


@pytest.mark.parametrize(("body", "where"), [
    ("a\x00", ""), ({"a": "\ud800"}, "a"), ({"a": {"b": ["x", "\udfff"]}}, "a.b.1"), ({"a": {"\x00": 1}}, "a"),
    ({"\ud800": 1}, ""), ({"a": "é😀", "b": [1, None, True, 0.5]}, None), ([], None),
])  # fmt: skip
def test_the_place_in_a_body_is_named(body: object, where: str | None) -> None:
    assert place_of_no_text(body) == where


@pytest.mark.parametrize("content_type", [
    "", "text/csv; charset=windows-1252", "multipart/form-data; boundary=x", "multipart/form-data; charset=UTF-8",
    'multipart/form-data; boundary=x; charset="utf-8"', "application/x-www-form-urlencoded",
])  # fmt: skip
def test_forms_are_utf_8(content_type: str) -> None:
    assert is_form_in_utf8(content_type)


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "idna", "unicode_escape", "utf-16", '"utf-7"', "unknown", ""])
@pytest.mark.parametrize("form", ["multipart/form-data", "Multipart/Form-Data"])
def test_no_client_chooses_the_codec_that_reads_its_form(form: str, charset: str) -> None:
    assert not is_form_in_utf8(f"{form}; boundary=x; Charset={charset}")
