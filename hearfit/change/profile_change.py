"""How one listener's ears have changed: each later session against the first one of that ear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hearfit.audiology.audiogram import Ear
from hearfit.change.difference import differences
from hearfit.change.sessions import History, Session, history_of
from hearfit.change.swapped_ears import swapped_ears
from hearfit.change.verdict import QuantityChange, judged
from hearfit.listener.profile import Profile


@dataclass(frozen=True)
class SessionChange:
    """One later session against the first: `baselines` holds the date of the first session of each ear compared.

    The false discovery rate holds for all of `changes` together: every ear, frequency and parameter of this session.
    """

    session: str
    baselines: Mapping[Ear, str]
    changes: tuple[QuantityChange, ...]
    warnings: tuple[str, ...]

    def of(self, ear: Ear) -> tuple[QuantityChange, ...]:
        """The changes of one ear."""
        return tuple(change for change in self.changes if change.ear is ear)

    @property
    def num_compared(self) -> int:
        """How many differences were tested."""
        return sum(change.measured.not_measured is None for change in self.changes)


@dataclass(frozen=True)
class ListenerChange:
    """All sessions of a listener; `steps` are the later ones by date, the last being the latest.

    `not_trusted` are sentences on fits that did not converge.
    """

    history: History
    steps: tuple[SessionChange, ...]
    remarks: tuple[str, ...]
    not_trusted: tuple[str, ...]

    @property
    def latest(self) -> SessionChange:
        """The last session against the first."""
        return self.steps[-1]


def compare_profiles(profiles: Sequence[Profile], *, sources: Sequence[str] | None = None) -> ListenerChange:
    """Change of one listener's ears over two or more sessions.

    Args:
        profiles: of one listener, in any order, one or both ears.
        sources: what each is called in messages, such as its file.

    Raises:
        InputError: they cannot be compared (`history_of`).
    """
    history = history_of(profiles, sources=sources)
    baselines: dict[Ear, Session] = {}
    steps = []
    for session in history.sessions:
        if seen := {ear: baselines[ear] for ear in session.ears if ear in baselines}:
            steps.append(_step(session, seen))
        for ear in session.ears:
            baselines.setdefault(ear, session)
    return ListenerChange(history, tuple(steps), history.remarks, tuple(_not_trusted(history)))


def _step(session: Session, baselines: Mapping[Ear, Session]) -> SessionChange:
    before = {ear: baseline.ears[ear] for ear, baseline in baselines.items()}
    after = {ear: session.ears[ear] for ear in baselines}
    found = {ear: differences(before[ear], after[ear]) for ear in before}
    warning = swapped_ears(before, after, session=session.name)
    return SessionChange(
        session=session.name,
        baselines={ear: baseline.name for ear, baseline in baselines.items()},
        changes=judged(found),
        warnings=() if warning is None else (warning,),
    )


def _not_trusted(history: History) -> list[str]:
    return [
        f"The fit of the {ear.value} ear in {session.name} cannot be trusted: {profile.diagnostics.status}"
        for session in history.sessions
        for ear, profile in session.ears.items()
        if not profile.diagnostics.is_converged
    ]
