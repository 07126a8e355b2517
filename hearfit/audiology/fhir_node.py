"""A JSON value and its place in a FHIR document, so that every refusal says where and what."""

from collections.abc import Mapping
from dataclasses import dataclass

from hearfit.audiology.file_values import shown
from hearfit.audiology.json_text import as_float
from hearfit.errors import InputError


@dataclass(frozen=True)
class Coding:
    """A code of a code system, and the words that its writer put beside it."""

    system: str | None
    code: str
    display: str


@dataclass(frozen=True)
class Node:
    """A value of the document; `path` as in FHIRPath: Bundle.entry[3].resource.valueQuantity."""

    value: object
    path: str
    source: str

    def refused(self, why: str) -> InputError:
        """The error that the value is not allowed; `why` ends the sentence "PATH: VALUE ..."."""
        is_nested = isinstance(self.value, dict | list)
        value = (
            "what stands there" if is_nested else shown(self.value if isinstance(self.value, str) else repr(self.value))
        )
        return InputError(f"{self.source}, {self.path}: {value} {why}")

    def wrong(self, sentence: str) -> InputError:
        """The error of this place, in a sentence of its own."""
        return InputError(f"{self.source}, {self.path}: {sentence}")

    def child(self, key: str) -> "Node | None":
        """The value of a key, None where it is absent."""
        if not isinstance(self.value, Mapping):
            raise self.refused(f"is not an object, so it has no {key}.")
        if key not in self.value:
            return None
        return Node(self.value[key], f"{self.path}.{key}", self.source)

    def items(self, key: str) -> tuple["Node", ...]:
        """The values of a list, none where it is absent."""
        found = self.child(key)
        if found is None:
            return ()
        if not isinstance(found.value, list):
            raise found.refused("is not a list.")
        return tuple(Node(value, f"{found.path}[{index}]", self.source) for index, value in enumerate(found.value))

    def text(self, key: str) -> str | None:
        """The text of a key, None where it is absent."""
        found = self.child(key)
        if found is None:
            return None
        if not isinstance(found.value, str) or not found.value.strip():
            raise found.refused("is not a text.")
        return found.value

    def number(self, key: str) -> float:
        """The number of a key, which must be there."""
        found = self.child(key)
        if found is None:
            raise self.wrong(f"has no {key}.")
        number = as_float(found.value)
        if number is None:
            raise found.refused("is not a number.")
        return number

    def codings(self) -> tuple[Coding, ...]:
        """The codes of a CodeableConcept."""
        return tuple(
            Coding(each.text("system"), each.text("code") or "", each.text("display") or "")
            for each in self.items("coding")
        )

    def is_coded(self, system: str, *codes: str) -> bool:
        """Whether a CodeableConcept has one of these codes."""
        return any(coding.system == system and coding.code in codes for coding in self.codings())

    def words(self) -> tuple[str, ...]:
        """What a CodeableConcept says in words."""
        displays = [coding.display for coding in self.codings() if coding.display]
        text = self.text("text")
        return (*displays, text) if text is not None else tuple(displays)

    def kind(self) -> str | None:
        """The type of a resource."""
        return self.text("resourceType")

    def check_modifiers(self) -> None:
        """Refuses what FHIR allows no reader to pass over, because it may turn the meaning around."""
        for key in ("modifierExtension", "implicitRules"):
            found = self.child(key)
            if found is not None:
                raise found.wrong("is not understood, and it can change the meaning of everything beside it.")
