"""The codes of an audiogram in FHIR R4: LOINC for thresholds by air, SNOMED CT for ears, and a few that exist nowhere.

LOINC 89015-2 has one code for each ear and frequency. 500, 1000, 2000, 3000, 4000, 6000 and 8000 Hz: HL7 Personal
Functioning and Engagement guide (SPLASCH value set of hearing thresholds) and Taiwan's Labor Health Examination guide
0.6.2, profile TWHA-HearingTest. 250, 750, 1500 and 5000 Hz: the former, and the profile healthkit-audiogram-panel of a
guide for HealthKit data. In each pair the two sources agree on every ear and frequency.

Trap: in the 89016 to 89029 series the left ear has the smaller number, in the 91372 to 91379 series the right ear has.
"""

from collections.abc import Mapping
from typing import Final

from hearfit.audiology.audiogram import Conduction, Ear
from hearfit.audiology.file_values import shortest

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
# HL7 Personal Health Records guide 1.0.0-ballot2, profiles pghd-audiogram and pghd-hearing-sensitivity.
PHR_ROOT: Final = "http://hl7.org/fhir/uv/phr/"
HEARING_SENSITIVITY: Final = "http://hl7.org/fhir/uv/phr/CodeSystem/hearing-sensitivity-codes"
FREQUENCY: Final = "frequency"
SENSITIVITY_OF: Final[Mapping[Ear, str]] = {Ear.LEFT: "leftEarSensitivity", Ear.RIGHT: "rightEarSensitivity"}

# What no code system has. A random UUID belongs to no one else's domain; docs/interchange.md lists the codes.
LOCAL: Final = "urn:uuid:a8bc417f-a1e9-4af0-a890-73474de27a93"
LOCAL_THRESHOLD: Final = "hearing-threshold"
LOCAL_BONE_PANEL: Final = "bone-conduction-audiogram"
LOCAL_TRANSDUCER: Final = "transducer"

AIR_PANEL: Final = "89015-2"
AIR_PANEL_NAME: Final = "Pure tone air conduction threshold audiometry panel"

_LEFT_AND_RIGHT: Final = (
    (250.0, "91375-6", "91374-9"),
    (500.0, "89024-4", "89025-1"),
    (750.0, "91379-8", "91378-0"),
    (1000.0, "89016-0", "89017-8"),
    (1500.0, "91373-1", "91372-3"),
    (2000.0, "89018-6", "89019-4"),
    (3000.0, "89020-2", "89021-0"),
    (4000.0, "89022-8", "89023-6"),
    (5000.0, "91377-2", "91376-4"),
    (6000.0, "89026-9", "89027-7"),
    (8000.0, "89028-5", "89029-3"),
)

THRESHOLD_OF_CODE: Final[Mapping[str, tuple[Ear, float]]] = {
    code: (ear, frequency_hz)
    for frequency_hz, left, right in _LEFT_AND_RIGHT
    for ear, code in ((Ear.LEFT, left), (Ear.RIGHT, right))
}
CODE_OF_THRESHOLD: Final[Mapping[tuple[Ear, float], str]] = {where: code for code, where in THRESHOLD_OF_CODE.items()}

# As in public FHIR projects and in MDHT's model of the hearing screening document.
EAR_OF_SITE: Final[Mapping[str, Ear]] = {"89644007": Ear.LEFT, "25577004": Ear.RIGHT}
SITE_OF_EAR: Final[Mapping[Ear, str]] = {ear: code for code, ear in EAR_OF_SITE.items()}

# Conduction, and whether the other ear was masked.
METHOD_OF_CODE: Final[Mapping[str, tuple[Conduction, bool]]] = {
    "air-conduction": (Conduction.AIR, False),
    "air-conduction-masked": (Conduction.AIR, True),
    "bone-conduction": (Conduction.BONE, False),
    "bone-conduction-masked": (Conduction.BONE, True),
}
CODE_OF_METHOD: Final[Mapping[tuple[Conduction, bool], str]] = {method: code for code, method in METHOD_OF_CODE.items()}


def threshold_name(ear: Ear, frequency_hz: float) -> str:
    """The name that LOINC gives such a threshold, also where it has no code for it."""
    return f"Hearing threshold Ear - {ear.value} --{shortest(frequency_hz)} Hz"
