"""The resources of a FHIR document, and what their references point to within it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hearfit.audiology.fhir_node import Node
from hearfit.audiology.json_text import parse_json
from hearfit.errors import InputError


@dataclass(frozen=True)
class Document:
    """The Observations in their order, those contained in another after it; and every resource by its references."""

    observations: tuple[Node, ...]
    by_reference: Mapping[str, Node]

    def resolved(self, reference: Node) -> Node | None:
        """The resource that a Reference points to; None where it is not in the document."""
        target = reference.text("reference")
        if target is None:
            return None
        if target.startswith("#"):
            return self.by_reference.get(_contained_key(_owner(reference.path), target[1:]))
        # A version of a resource is the resource.
        return self.by_reference.get(target) or self.by_reference.get(target.split("/_history/")[0])


def read_document(text: str, *, source: str) -> Document:
    """The document in a JSON text; `source` names it in errors.

    Raises:
        InputError: it is not a Bundle or an Observation of FHIR in JSON.
    """
    content = parse_json(text, source=source)
    if not isinstance(content, Mapping) or not isinstance(content.get("resourceType"), str):
        raise InputError(f"{source}: is not a FHIR resource in JSON: it has no resourceType.")
    root = Node(content, str(content["resourceType"]), source)
    resources: dict[str, Node] = {}
    ordered: list[Node] = []
    if root.kind() == "Bundle":
        for entry in root.items("entry"):
            resource = entry.child("resource")
            if resource is not None:
                _add(resource, entry.text("fullUrl"), resources, ordered)
    elif root.kind() == "Observation":
        _add(root, None, resources, ordered)
    else:
        raise InputError(f"{source}: is a FHIR {root.kind()}. An audiogram is read from a Bundle or an Observation.")
    return Document(tuple(node for node in ordered if node.kind() == "Observation"), resources)


def _add(resource: Node, full_url: str | None, resources: dict[str, Node], ordered: list[Node]) -> None:
    kind, name = resource.kind(), resource.text("id")
    keys = [full_url] if full_url is not None else []
    keys += [f"{kind}/{name}"] if name is not None else []
    for key in keys:
        if resources.setdefault(key, resource) is not resource:
            raise resource.wrong(f"has the same identity ({key}) as {resources[key].path}. Keep one of them.")
    ordered.append(resource)
    for contained in resource.items("contained"):
        inner = contained.text("id")
        if inner is not None:
            resources[_contained_key(resource.path, inner)] = contained
        ordered.append(contained)


def _contained_key(owner: str, name: str) -> str:
    return f"{owner}#{name}"


def _owner(path: str) -> str:
    """The outermost resource that a place lies in, whose contained resources it may point to."""
    head, resource, _ = path.partition(".resource")
    return head + resource if resource else path.partition(".")[0]
