"""What the store knows of a listener: each session of each ear with all of its fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from hearfit.audiology.audiogram import Ear
from hearfit.tracking.averages import Average


@dataclass(frozen=True)
class TrackedFit:
    """One finished run. `averages` by the names of `averages.AVERAGES`; `num_trials` None where it is not known."""

    run_id: str
    listener: str
    ear: Ear
    session: str
    version: int
    begun: datetime
    method: str
    prior: str
    transducer: str
    data_sha256: str
    is_converged: bool
    num_trials: int | None
    warnings: str
    artifact_uri: str
    averages: Mapping[str, Average]


@dataclass(frozen=True)
class EarSession:
    """One session of one ear: its fits, the one that counts last."""

    ear: Ear
    session: str
    fits: tuple[TrackedFit, ...]

    @property
    def latest(self) -> TrackedFit:
        """The newest version."""
        return self.fits[-1]

    @property
    def num_data_sets(self) -> int:
        """How many different sets of answers were fitted."""
        return len({fit.data_sha256 for fit in self.fits})


@dataclass(frozen=True)
class History:
    """All sessions of a listener, the right ear's first, by date; `warnings` are about what is left out or unlike."""

    listener: str
    store: str
    sessions: tuple[EarSession, ...]
    warnings: tuple[str, ...]

    def ears(self) -> tuple[Ear, ...]:
        """The ears that have sessions, right first."""
        return tuple(dict.fromkeys(each.ear for each in self.sessions))

    def of(self, ear: Ear) -> tuple[EarSession, ...]:
        """The sessions of an ear, by date."""
        return tuple(each for each in self.sessions if each.ear is ear)


def sessions_of(fits: Iterable[TrackedFit]) -> tuple[EarSession, ...]:
    """Fits by ear, session and version. Of fits with the same version the one that began later is the newer."""
    ordered = sorted(fits, key=lambda fit: (fit.ear is not Ear.RIGHT, fit.session, fit.version, fit.begun, fit.run_id))
    return tuple(
        EarSession(ear, session, tuple(group))
        for (ear, session), group in groupby(ordered, key=lambda fit: (fit.ear, fit.session))
    )


def differences(sessions: Iterable[EarSession]) -> tuple[str, ...]:
    """Sentences on what makes sessions hard to compare."""
    sentences = []
    latest = [each.latest for each in sessions]
    for what, values in (
        ("transducers", {fit.transducer for fit in latest}),
        ("priors", {fit.prior for fit in latest}),
        ("methods", {fit.method for fit in latest}),
    ):
        if len(values) > 1:
            sentences.append(
                f"The sessions were fitted with different {what} ({', '.join(sorted(values))}): a part of any change "
                "may come from that."
            )
    return tuple(sentences)
