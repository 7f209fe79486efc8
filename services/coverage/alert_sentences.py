"""What an alert says, in English and Indonesian: what is so, and what to do."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from services.coverage.web import words
from shared.web import language
from shared.web.language import Language

SENTENCES: Final[Mapping[str, str]] = {
    "coverage_fell": (
        "Coverage of {name} fell from {before} to {now} within {days} days. Look up what changed it "
        "(/v1/coverage/changes): a new list, or enrolments that ended."
    ),
    "target_off_course": (
        "The target of {agency} in {name} is at {progress} of {value}; a straight line until {until} would be at "
        "{expected} today. Speak with the office about briefings and visits, or set a new target."
    ),
    "agency_silent": (
        "The agency {agency} has sent nothing since {last}; usually it sends something every {usual} days. Ask it "
        "whether its system stopped or its key expired."
    ),
    "claims_jumped": (
        "In {name} {now} claims were filed within {days} days; usual are {usual}. Look for a repeated upload, or for "
        "an event that explains them (/v1/claims?by=month)."
    ),
    "denominator_implausible": (
        "The published figure “{measure}” of {name} from {source} is flagged: {flags}. Ask its source, and send a "
        "corrected denominator."
    ),
}
"""Kind of condition → its sentences; their Indonesian is in the catalogue."""


def message(kind: str, details: Mapping[str, Any]) -> dict[str, str]:
    """Language → the sentences. `details` are texts, numbers, and shares as `{"share": 0.081}`."""
    return {code: _in(spoken, SENTENCES[kind], details) for code, spoken in sorted(_languages().items())}


def _in(spoken: Language, template: str, details: Mapping[str, Any]) -> str:
    return spoken.gettext(template).format_map({name: _text(spoken, name, value) for name, value in details.items()})


def _text(spoken: Language, name: str, value: Any) -> str:
    match value:
        case str() if name == "measure":
            return words.measures(spoken).get(value, value)
        case str() if name == "source":
            return words.source(spoken, value)
        case str() if name == "flags":
            known = words.flags(spoken)
            return ", ".join(known.get(flag, flag) for flag in value.split(", "))
        case {"share": share}:
            return spoken.percent(share)
        case int():
            return spoken.number(value)
        case float():
            return spoken.number(value, 0 if value.is_integer() else 1)
        case _:
            return str(value)


@cache
def _languages() -> dict[str, Language]:
    return language.load()
