"""`hearfit bids`: a listener's trials as part of a BIDS dataset."""

from pathlib import Path
from typing import Annotated

import typer

from hearfit.cli.inputs import read_session
from hearfit.cli.options import (
    ColumnsOption,
    JsonFlag,
    ListenerOption,
    OwnProtocolsOption,
    SessionOption,
    TransducerOption,
    TrialFilesArgument,
)
from hearfit.cli.output import Output
from hearfit.storage.participants import Sex


def bids(
    trials: TrialFilesArgument,
    out: Annotated[Path, typer.Option("--out", help="The dataset: a new folder, or a BIDS dataset to add to.")],
    listener: ListenerOption = None,
    session: SessionOption = None,
    age: Annotated[float | None, typer.Option("--age", help="Age in years, at most 89, for participants.tsv.")] = None,
    sex: Annotated[Sex | None, typer.Option("--sex", help="For participants.tsv.")] = None,
    name: Annotated[str, typer.Option("--name", help="Name of a new dataset.")] = "Listening tests",
    protocol: OwnProtocolsOption = None,
    transducer: TransducerOption = None,
    columns: ColumnsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the tables of this session if they are there.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the trials of one listener and session into a BIDS dataset.

    Each task becomes sub-LISTENER/ses-DATE/beh/..._beh.tsv with its sidecar, with levels in dB HL; participants.tsv
    gets the listener. Nothing else of an existing dataset is changed.
    """
    from importlib.metadata import version

    from hearfit.storage.bids_folder import write_bids
    from hearfit.storage.participants import Participant

    output = Output(is_json=as_json)
    answers = read_session(
        trials,
        own_protocols=protocol,
        listener=listener,
        ear=None,
        session=session,
        transducer=transducer,
        output=output,
        columns=columns,
    )
    participant = Participant(answers[0].listener, age_years=age, sex=sex)
    files = write_bids(answers, participant, out, name=name, version=version("hearfit"), is_forced=force)
    for path in files:
        output.text(str(out / path))
    output.document(
        {"out": str(out), "participant_id": f"sub-{participant.label}", "files": [str(each) for each in files]}
    )
