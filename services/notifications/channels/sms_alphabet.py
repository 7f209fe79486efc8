"""The alphabet of an SMS (GSM 03.38, 7 bits): 160 of its characters are one message, with any other it is 70. Pure."""

import unicodedata

LONGEST_SMS = 160
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€")
"""Characters that take the place of two."""
_DOTS = ".."


def septets(text: str) -> int:
    """How many of the 160 places a text of the alphabet takes."""
    return sum(2 if char in _TWICE else 1 for char in text)


def to_gsm(text: str) -> str:
    """The text in the alphabet: letters lose accents that it lacks, dashes and quotes become plain, the rest is left
    out.

    >>> to_gsm("Kopi “Ngêlindur” 名")
    'Kopi "Ngelindur"'
    """
    found = "".join(map(_in_alphabet, text))
    return " ".join(found.split(" ")).rstrip() if found != text else text


_PLAIN = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "–": "-", "—": "-", "…": "..", "\u00a0": " "}


def _in_alphabet(char: str) -> str:
    if char in _BASIC or char in _TWICE:
        return char
    if char in _PLAIN:
        return _PLAIN[char]
    return "".join(each for each in unicodedata.normalize("NFKD", char) if each in _BASIC)


def shortened(text: str, room: int) -> str:
    """The beginning of the text that takes at most `room` places, with two dots where something is left out."""
    if septets(text) <= room:
        return text
    kept = text
    while kept and septets(kept) + len(_DOTS) > room:
        kept = kept[:-1]
    return kept.rstrip() + _DOTS
