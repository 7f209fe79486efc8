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
        "implausible": _("less than those registered"),
    }
