"""What each scope lets a key do, in words for people."""

from collections.abc import Iterable
from typing import Final

SCOPES: Final[dict[str, tuple[str, str]]] = {
    "publish": (
        "send lists of businesses and cooperatives, and see what it listed",
        "mengirim daftar usaha dan koperasi, serta melihat yang didaftarkannya sendiri",
    ),
    "enroll": (
        "send enrolments and claims, as offices of BPJS do",
        "mengirim kepesertaan dan klaim, seperti kantor BPJS",
    ),
    "read": (
        "see the agency's own lists, who on them is registered, and the figures",
        "melihat daftar instansinya, siapa yang sudah terdaftar, dan angka cakupan",
    ),
    "figures:detail": (
        "see small counts in figures, which others are not shown",
        "melihat angka kecil dalam cakupan, yang disamarkan bagi yang lain",
    ),
    "inbound": (
        "deliver replies and receipts of messages, as providers of WhatsApp, SMS and e-mail do",
        "menyampaikan balasan dan tanda terima pesan, seperti penyedia WhatsApp, SMS, dan surel",
    ),
}
"""Scope → English, Indonesian."""


def in_words(scopes: Iterable[str]) -> dict[str, list[str]]:
    """`{"en": […], "id": […]}`; a scope that nobody knows any more says its own name."""
    known = [SCOPES.get(scope, (scope, scope)) for scope in scopes]
    return {"en": [english for english, _ in known], "id": [indonesian for _, indonesian in known]}
