"""The criteria are listed among the standards, each once."""

from hearfit.audiology.change.criteria import CRITERIA
from hearfit.audiology.standards import standard_named


def test_every_criterion_is_listed_with_its_rule_and_note() -> None:
    tables = [standard_named(name) for name in ("asha-1994", "ctcae-5", "siop-boston", "osha", "niosh")]
    listed = [row[:2] for table in tables for row in table.rows]
    assert listed == [(criterion.name, criterion.rule) for criterion in CRITERIA]
    notes = [note for table in tables for note in table.notes]
    assert all(criterion.note in notes for criterion in CRITERIA)


def test_retest_limits_are_listed() -> None:
    assert standard_named("retest-limits").rows[0][:4] == (500.0, 16000.0, 10.0, "98.1")
    assert "Appendix F" in " ".join(standard_named("osha").notes)
