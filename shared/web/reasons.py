"""The codes of refusals, warnings and problems in the reader's language: what each means, and what to do."""

from typing import Final

from shared.refusals import PROBLEMS, REFUSALS, WARNINGS, Explanation

_WORDS: Final = (*PROBLEMS.items(), *WARNINGS.items(), *REFUSALS.items())
EXPLAINED: Final[dict[str, Explanation]] = {str(code): each for code, each in _WORDS}


def explanation(code: str) -> Explanation | None:
    """None for a code that has no words, as one of another release."""
    return EXPLAINED.get(code)


def in_words(code: str, language: str) -> tuple[str, str]:
    """(what it means, what to do); a code without words stands for itself.

    >>> in_words("invalid_nib", "id")[0]
    'NIB harus tepat 13 angka.'
    """
    explained = explanation(code)
    if explained is None:
        return code, ""
    if language == "id":
        return explained.arti, explained.tindakan
    return explained.meaning, explained.action
