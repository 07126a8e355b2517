"""Writes the `listeners.json` of the Clarity Challenge, and says what of an audiogram it cannot hold."""

import json

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.clarity import EAR_KEYS
from hearfit.audiology.file_values import check_different, check_names, shown
from hearfit.errors import InputError


def clarity_listeners(*audiograms: Audiogram) -> str:
    """The text of a `listeners.json`, which reads back to the same thresholds.

    Raises:
        InputError: it would not: see `clarity_losses`, and listeners must differ.
    """
    check_different(audiograms)
    problems = [loss for audiogram in audiograms for loss in clarity_losses(audiogram)]
    if problems:
        raise InputError(problems)
    content: dict[str, dict[str, str | list[float]]] = {}
    for audiogram in audiograms:
        check_names(audiogram)
        levels = {ear: {t.frequency_hz: t.level_db_hl for t in audiogram.of(ear)} for ear in Ear}
        frequencies = sorted(levels[Ear.LEFT])
        content[audiogram.listener] = {
            "name": audiogram.listener,
            "audiogram_cfs": [_plain(hz) for hz in frequencies],
            **{key: [_plain(levels[ear][hz]) for hz in frequencies] for ear, key in EAR_KEYS},
        }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def clarity_losses(audiogram: Audiogram) -> list[str]:
    """What the format cannot say of an audiogram, a sentence each; none where it says all."""
    who = f"The audiogram of {shown(audiogram.listener)} has"
    bone = [t for t in audiogram.thresholds if t.conduction is Conduction.BONE]
    silent = [t for t in audiogram.thresholds if t.is_no_response]
    masked = [t for t in audiogram.thresholds if t.is_masked and t.conduction is Conduction.AIR]
    by_ear = [{t.frequency_hz for t in audiogram.of(ear)} for ear in Ear]
    single = sorted(by_ear[0] ^ by_ear[1])
    twice = len(audiogram.thresholds) - len(bone) - sum(len(each) for each in by_ear)
    losses = []
    if bone:
        losses.append(f"{who} {_count(bone)} by bone conduction, and a Clarity file holds air conduction only.")
    if silent:
        losses.append(
            f"{who} {_count(silent)} without a response, and a Clarity file would state the highest level as a "
            "measured threshold."
        )
    if masked:
        losses.append(f"{who} {_count(masked)} with masking, and a Clarity file does not say so.")
    if twice:
        losses.append(f"{who} a frequency both with and without masking, and a Clarity file holds one of them.")
    if single:
        which = ", ".join(f"{hz:g}" for hz in single)
        losses.append(f"{who} one ear only at {which} Hz, and a Clarity file has the same frequencies for both ears.")
    if audiogram.transducer is not None:
        losses.append(f"{who} the transducer {shown(audiogram.transducer)}, and a Clarity file names none.")
    if audiogram.date is not None:
        losses.append(f"{who} the date {audiogram.date}, and a Clarity file has none.")
    return losses


def without_clarity_losses(audiogram: Audiogram) -> Audiogram:
    """What is left when everything that `clarity_losses` names is dropped.

    Thresholds by bone and without a response are left out, and then frequencies that one ear lacks. Of a frequency with
    and without masking the masked threshold stays, which is that ear's own.

    Raises:
        InputError: nothing is left.
    """
    by_ear: dict[Ear, dict[float, float]] = {}
    for ear in Ear:
        heard = [t for t in audiogram.of(ear) if not t.is_no_response]
        by_ear[ear] = {t.frequency_hz: t.level_db_hl for t in sorted(heard, key=lambda threshold: threshold.is_masked)}
    shared = sorted(by_ear[Ear.LEFT].keys() & by_ear[Ear.RIGHT].keys())
    if not shared:
        raise InputError(
            f"The audiogram of {shown(audiogram.listener)} has no frequency with a measured threshold by air "
            "conduction in both ears, and a Clarity file holds nothing else."
        )
    return Audiogram(audiogram.listener, tuple(Threshold(ear, hz, by_ear[ear][hz]) for ear in Ear for hz in shared))


def _count(thresholds: list[Threshold]) -> str:
    return f"{len(thresholds)} threshold{'' if len(thresholds) == 1 else 's'}"


def _plain(number: float) -> float:
    """Whole numbers as pyclarity's own file writes them."""
    return int(number) if number.is_integer() else number
