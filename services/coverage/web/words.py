"""What published figures measure, and what is doubtful about them, in people's words."""

import re
from typing import Final

from shared.web.language import Language

_FILE_OF_OURS: Final = re.compile(r"\d{3}_[0-9a-f]{16}\.txt")


def source(language: Language, text: str) -> str:
    """Who published a figure; a file's name of ours says that to nobody."""
    return language.gettext("source not named") if _FILE_OF_OURS.fullmatch(text) else text


def measures(language: Language) -> dict[str, str]:
    """By measure; one that is not here is shown as it was sent."""
    _ = language.gettext
    active, businesses = _("Active cooperatives"), _("Businesses")
    return {
        "koperasi": _("Cooperatives"),
        "cooperatives": _("Cooperatives"),
        "koperasi_active": active,
        "cooperatives_active": active,
        "businesses": businesses,
        "umkm": _("Micro, small and medium businesses"),
        "micro_businesses": _("Micro businesses"),
        "umkm_workers": _("Workers of micro, small and medium businesses"),
        "workers": _("Workers"),
        "enrolled": _("registered"),
        "partners": _("registered"),
        "bpu_potential": _("Self-employed who could register"),
        "individuals": _("Self-employed people"),
    }


def flags(language: Language) -> dict[str, str]:
    """Why a published figure is to be read with care."""
    _ = language.gettext
    return {
        "conflict": _("sources disagree"),
        "unverified": _("not verified"),
        "quarantine": _("doubtful"),
        "derived": _("derived"),
        "out_of_scope": _("measures something else"),
        "implausible": _("cannot be right"),
        "disagreement": _("sources disagree"),
        "above_population": _("more than the population"),
        "jump": _("a jump of more than half"),
        "other_boundaries": _("in other boundaries"),
        "above_one": _("less than those registered"),
        "below_one_in_a_thousand": _("less than one in a thousand registered"),
    }


def values(language: Language) -> dict[str, dict[str, str]]:
    """Dimension → its values in words; programmes are known by their letters."""
    _ = language.gettext
    return {
        "programme": {
            "JKK": _("Work accidents (JKK)"),
            "JKM": _("Death (JKM)"),
            "JHT": _("Old age (JHT)"),
            "JP": _("Pension (JP)"),
            "JKP": _("Loss of work (JKP)"),
        },
        "segment": {"PU": _("Wage earners (PU)"), "BPU": _("Not wage earners (BPU)")},
        "kind": {"cooperative": _("Cooperatives"), "business": _("Businesses"), "individual": _("Individuals")},
        "job_level": {"management": _("Management"), "staff": _("Staff"), "labour": _("Labour")},
        "occupation": {
            "none": _("not stated"),
            "farmer": _("Farmers"),
            "fisher": _("Fishers"),
            "home_industry": _("Home industry"),
            "driver": _("Drivers"),
            "trader": _("Traders"),
            "other": _("Others"),
        },
    }


def dimensions(language: Language) -> dict[str, str]:
    """The dimensions themselves."""
    _ = language.gettext
    return {
        "programme": _("Programme"),
        "segment": _("Segment"),
        "kind": _("Kind"),
        "job_level": _("Workers by level"),
        "occupation": _("Occupation"),
    }


def levels(language: Language) -> dict[str, str]:
    """The regions of a level."""
    _ = language.gettext
    return {
        "kanwil": _("Regional offices"),
        "province": _("Provinces"),
        "regency": _("Regencies and cities"),
    }


def causes(language: Language) -> dict[str, str]:
    """Why a figure moved."""
    _ = language.gettext
    return {
        "listed": _("newly listed"),
        "delisted": _("taken off lists"),
        "joined": _("newly registered"),
        "reinstated": _("registered again"),
        "lapsed": _("lapsed"),
        "merged": _("found to be another's"),
        "split": _("found to be two"),
        "erased": _("erased"),
        "withdrawn": _("taken back"),
        "corrected": _("corrected"),
        "moved_in": _("moved in"),
        "moved_out": _("moved out"),
    }


def states(language: Language) -> dict[str, str]:
    """How far a target is."""
    _ = language.gettext
    return {
        "not_begun": _("not begun yet"),
        "reached": _("reached"),
        "on_course": _("on course"),
        "behind": _("behind"),
        "missed": _("missed"),
    }


def alert_states(language: Language) -> dict[str, str]:
    """What became of an alert."""
    _ = language.gettext
    return {"open": _("open"), "acknowledged": _("looked after"), "resolved": _("resolved")}


def alert_kinds(language: Language) -> dict[str, str]:
    """What a rule of alerts may be about."""
    _ = language.gettext
    return {
        "coverage_fell": _("Coverage fell"),
        "target_off_course": _("A target is off course"),
        "agency_silent": _("An agency is silent"),
        "claims_jumped": _("Claims jumped"),
        "denominator_implausible": _("A published figure cannot be right"),
    }


def alert_fields(language: Language) -> dict[str, str]:
    """The numbers of a rule, and what it is called."""
    _ = language.gettext
    return {
        "name": _("What the rule is called"),
        "region": _("Region"),
        "level": _("Looked at"),
        "points": _("Percentage points that it fell by"),
        "days": _("Within so many days"),
        "listed_at_least": _("Only regions in which at least so many are listed"),
        "behind": _("Behind by this share of its value (0.1: a tenth)"),
        "agency": _("Agency (empty: each)"),
        "times": _("So many times what is usual"),
        "at_least": _("At least so many claims"),
        "clear_after_hours": _("Resolved when it was untrue for so many hours"),
    }
