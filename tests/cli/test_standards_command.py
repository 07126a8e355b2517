"""`hearfit standards`: the list, one table with its source, and names that are none."""

import json

import pytest

from hearfit.audiology.standard import Standard
from hearfit.audiology.standards import STANDARDS
from tests.cli.conftest import Cli


def test_every_table_is_listed(cli: Cli) -> None:
    outcome = cli("standards")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    for standard in STANDARDS:
        assert standard.name in outcome.out
    assert [entry["name"] for entry in json.loads(cli("standards", "--json").out)] == [s.name for s in STANDARDS]


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
def test_every_table_is_printed_whole(cli: Cli, standard: Standard) -> None:
    outcome = cli("standards", standard.name)
    assert outcome.code == 0
    assert "…" not in outcome.out
    text = " ".join(outcome.out.split())
    assert f"Edition: {standard.edition}" in text
    assert str(standard.provenance) in text
    for row in standard.rows:
        assert all(f"{cell:g}".replace("-", "−") in text for cell in row if isinstance(cell, float))


def test_one_table_as_json(cli: Cli) -> None:
    document = json.loads(cli("standards", "retspl-hda200", "--json").out)
    assert document["edition"] == "ISO 389-8:2004"
    assert document["columns"] == ["Hz", "dB SPL at 0 dB HL"]
    assert [1000.0, 5.5] in document["rows"]
    assert document["provenance"] == "independent transcriptions that agree"


def test_a_name_that_is_none(cli: Cli) -> None:
    outcome = cli("standards", "iso")
    assert outcome.code == 2
    assert "Several begin so: iso-7029-male, iso-7029-female." in outcome.err
