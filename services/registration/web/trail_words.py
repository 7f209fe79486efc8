"""What an act of the audit trail was about, in the page's language. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from services.registration.web import words
from shared.web.language import Language

UNSAID: Final = ("everywhere", "dry_run", "kafka")
"""Subjects that are said by themselves or with another one."""


def about(language: Language, subjects: Mapping[str, str | int | bool]) -> Iterator[tuple[str, str | None]]:
    """(text, address of its page or None) of each subject; one that has no words stays as it was noted."""
    _ = language.gettext
    named = _named(language)
    is_trial = subjects.get("dry_run") is True
    if is_trial:
        yield _("tried out, nothing was written"), None
    if subjects.get("everywhere") is True:
        yield _("erased everywhere"), None
    if subjects.get("kafka") is True:
        yield _("with access to Kafka"), None
    for name, value in subjects.items():
        if name in UNSAID:
            continue
        if name == "import":
            yield _("upload %(id)s") % {"id": value}, None if is_trial else f"/uploads/{value}"
        elif name == "kind":
            yield _kind(language, str(value)), None
        elif name == "decision":
            yield _decision(language, str(value)), None
        else:
            shown = language.number(value) if isinstance(value, int) else value
            yield f"{named.get(name, name)}: {shown}", None


def _named(language: Language) -> Mapping[str, str]:
    _ = language.gettext
    return {
        "accepted": _("Accepted"),
        "because": _("Reason"),
        "case": _("Case"),
        "delisted": _("Left the list"),
        "entry": _("Refused row"),
        "fields": _("What was changed"),
        "key": _("Key"),
        "partner": _("Business or person"),
        "records": _("Records"),
        "rejected": _("Refused"),
        "replaces": _("Replaces the key"),
        "rows": _("Rows"),
        "scopes": _("May"),
        "statements": _("Texts"),
        "topic": _("Topic"),
        "webhook": _("Webhook"),
    }


def _kind(language: Language, kind: str) -> str:
    """Of a file, or of a case."""
    _ = language.gettext
    cases = {
        "possible_duplicate": _("One business or several?"),
        "conflict": _("One business in spite of different numbers?"),
        "region_conflict": _("In which region is it?"),
        "participant_claimed": _("Whose participant number is it?"),
    }
    return cases.get(kind) or words.kinds(language).get(kind, kind)


def _decision(language: Language, decision: str) -> str:
    _ = language.gettext
    in_words = {"same": _("Decided: one business."), "different": _("Decided: different businesses.")}
    return in_words.get(decision) or _("Decided: %(region)s.") % {"region": decision}
