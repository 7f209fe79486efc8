"""The catalogue of measures: what is not in it is refused with the nearest that is."""

from shared import measures
from shared.measures import MEASURES, TARGETS


def test_an_unknown_measure_or_status_is_refused_with_the_nearest_known_one() -> None:
    assert measures.refused_measure("umkm") is None
    assert "did you mean micro_businesses?" in (measures.refused_measure("micro_busineses") or "")
    assert "did you mean workers?" in (measures.refused_target("Worker") or "")
    assert "did you mean" not in (measures.refused_status("zzz") or "")
    assert measures.refused_target("population") is not None


def test_targets_are_of_what_can_be_counted_and_health_is_no_denominator() -> None:
    assert {"enrolled", "partners", "workers", "cooperatives"} <= set(TARGETS)
    assert not MEASURES["health_coverage_share"].is_denominator
    assert not MEASURES["enrolled"].is_denominator
    assert [name for name, each in MEASURES.items() if name != each.name] == []
