"""A BIDS dataset of trial tables: one `_beh.tsv` and `_beh.json` for each subject, session and task.

Brain Imaging Data Structure 1.10.0, behavioural experiments without neural recordings. The tables are those of
`trial_files`, so every command that reads trials reads them where they lie.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from hearfit.errors import InputError
from hearfit.experiment.trials import Trials
from hearfit.storage.files import check_output, read_text, write_text
from hearfit.storage.participants import Participant, participants_sidecar, participants_table
from hearfit.storage.trial_files import trial_sidecar, trial_table

BIDS_VERSION: Final = "1.10.0"
_DESCRIPTION: Final = "dataset_description.json"
_README: Final = (
    "Answers of listeners in psychoacoustic tests, written by hearfit.\n\n"
    "Levels are in dB HL of the transducer that each sidecar names. Listeners are pseudonymous. Say here who\n"
    "collected the data, how the equipment was calibrated, and under which licence and consent the data may be used.\n"
)


def write_bids(
    trials: Sequence[Trials],
    participant: Participant,
    folder: Path,
    *,
    name: str,
    version: str,
    is_forced: bool = False,
) -> tuple[Path, ...]:
    """Adds the trials of one listener in one session to a BIDS dataset, which is made where there is none.

    Args:
        trials: one entry an ear, all of one listener and session.
        participant: that listener.
        folder: the dataset: absent, empty, or with a dataset_description.json.
        name: of a new dataset.
        version: of the program, for a new dataset.
        is_forced: replace the tables of this session if they are there.

    Returns:
        The files that were written, relative to the folder, the trial tables first.

    Raises:
        InputError: the folder is something else, a file is there already, or the trials do not fit.
    """
    _check_dataset(folder)
    files = _beh_files(trials, participant)
    there = [path for path in files if (folder / path).exists()]
    if there and not is_forced:
        raise InputError(
            [f"{folder / path}: is already there. Give --force to replace it, or another folder." for path in there]
        )
    files[Path("participants.tsv")] = participants_table(participant, folder / "participants.tsv")
    files[Path("participants.json")] = participants_sidecar(folder / "participants.json")
    for path, text in ((Path(_DESCRIPTION), _description(name, version)), (Path("README"), _README)):
        # A person completes these two.
        if not any(each.exists() for each in (folder / path, folder / f"{path}.md")):
            files[path] = text
    check_output(folder, [str(path) for path in files])
    for path, text in files.items():
        write_text(folder / path, text)
    return tuple(files)


def _beh_files(trials: Sequence[Trials], participant: Participant) -> dict[Path, str]:
    """Path within the dataset, and content, of a table and its sidecar for each task."""
    session = re.sub(r"[^0-9A-Za-z]", "", trials[0].session)
    stem = f"sub-{participant.label}_ses-{session}"
    folder = Path(f"sub-{participant.label}") / f"ses-{session}" / "beh"
    files: dict[Path, str] = {}
    for task in dict.fromkeys(block.protocol.name for each in trials for block in each.blocks):
        of_task = [
            replace(each, blocks=tuple(block for block in each.blocks if block.protocol.name == task))
            for each in trials
        ]
        of_task = [each for each in of_task if each.blocks]
        sidecar = trial_sidecar(*of_task)
        label = re.sub(r"[^0-9A-Za-z]", "", str(json.loads(sidecar)["TaskName"]))
        table = folder / f"{stem}_task-{label}_beh.tsv"
        if table in files:
            raise InputError(f"Two protocols have the BIDS task label {label}. Rename one of them.")
        files[table] = trial_table(*of_task)
        files[table.with_suffix(".json")] = sidecar
    return files


def _check_dataset(folder: Path) -> None:
    try:
        is_empty = not folder.is_dir() or not any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror or error}).") from None
    if is_empty:
        return
    path = folder / _DESCRIPTION
    if not path.exists():
        raise InputError(
            f"{folder}: is not empty and has no {_DESCRIPTION}, so it is not a BIDS dataset. Choose another folder."
        )
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not readable JSON ({error}).") from None
    if not isinstance(content, Mapping) or not {"Name", "BIDSVersion"} <= set(content):
        raise InputError(f"{path}: has no Name and BIDSVersion, which BIDS requires.")


def _description(name: str, version: str) -> str:
    content = {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "hearfit", "Version": version}],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
