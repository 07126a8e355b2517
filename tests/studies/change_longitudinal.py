"""Whether the posterior of the difference tells changes of an ear that has hardly changed.

    python -m tests.studies.change_longitudinal ../shared/data FOLDER

The thresholds of one listener in six sessions, both ears, up to 8 kHz (PSY6983-2021/fortier_project, CC0) are fitted as
stored thresholds (interval-censored, in steps of 5 dB), and every later session is compared with every earlier one,
both ears together. The variability between sessions was learned from the same listener, so that nothing is beyond
retest shows that the pieces fit, not that it holds for others. Fits are kept in the folder.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.change.profile_change import compare_profiles
from hearfit.change.verdict import Verdict
from hearfit.experiment.stored_audiogram import with_stored_thresholds
from hearfit.experiment.trials import Trials
from hearfit.fitting import fit_ear
from hearfit.listener.profile import Profile
from hearfit.protocols.loader import load_protocol
from hearfit.reports.change_words import headlines, place, verdict_words
from hearfit.storage.profile_files import read_profile, write_profile
from tests.studies.retest_variability import longitudinal_thresholds

FREQUENCIES_HZ = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
# In order; the data give months, of which only the order counts.
SESSIONS = ("2018-01-01", "2018-02-01", "2018-03-01", "2018-04-01", "2018-05-01", "2018-05-02")


def profiles(data: Path, folder: Path) -> dict[str, list[Profile]]:
    """By session, both ears."""
    levels = longitudinal_thresholds(data)
    protocol = load_protocol("stored_thresholds")
    found: dict[str, list[Profile]] = {}
    for k, session in enumerate(SESSIONS):
        for ear, own in zip((Ear.LEFT, Ear.RIGHT), levels[:, :, k], strict=True):
            path = folder / f"{session}-{ear}.json"
            if not path.exists():
                thresholds = tuple(
                    Threshold(ear, hz, float(level)) for hz, level in zip(FREQUENCIES_HZ, own, strict=True)
                )
                trials, _ = with_stored_thresholds(
                    Trials("longitudinal", ear, session, None, (), (), ""),
                    Audiogram("longitudinal", thresholds),
                    protocol,
                    source="pta_long.csv",
                )
                write_profile(path, fit_ear(trials, audiogram=None, method="map", seed=1, num_starts=1).profile)
            found.setdefault(session, []).append(read_profile(path))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    by_session = profiles(arguments.data, arguments.folder)
    sds = [
        row.threshold_db_hl.sd for both in by_session.values() for p in both for row in p.frequencies if row.num_trials
    ]
    print(f"SD of a threshold {np.mean(sds):.2f} dB")
    total: Counter[Verdict] = Counter()
    for i, later in enumerate(SESSIONS):
        for earlier in SESSIONS[:i]:
            (step,) = compare_profiles([*by_session[earlier], *by_session[later]]).steps
            told = headlines(step.changes)
            total.update([max((c.verdict for c in told), key=list(Verdict)[::-1].index, default=Verdict.NOT_SHOWN)])
            words = ", ".join(f"{verdict_words(c)} {c.ear} {place(c)} {c.measured.difference.mean:+.1f}" for c in told)
            print(f"{later} against {earlier}: {words or 'no change shown'}")
    for verdict, number in total.items():
        print(f"{number} of {sum(total.values())} comparisons: {verdict}")


if __name__ == "__main__":
    main()
