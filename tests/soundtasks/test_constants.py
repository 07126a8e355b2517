"""Every constant that decides scores is among the settings of a run, so that runs of others are never mixed.

Which constants a module has is read from its source, so that one that is added later is not forgotten.
"""

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import pytest

from hearfit.corpora import ipa
from hearfit.learnable.biomimetic import BiomimeticDesign
from hearfit.learnable.cortical import CorticalStart
from hearfit.soundtasks import constants, feature_network, recipes, temporal_stem
from hearfit.soundtasks.enhancement import data as parts
from hearfit.soundtasks.enhancement import design, matched, mixtures, network
from hearfit.soundtasks.enhancement.task import EnhancementTask
from hearfit.soundtasks.events import bird_syllables, frontends, learning, spoken_words, voice_activity
from hearfit.soundtasks.events import network as event_network
from hearfit.soundtasks.events.task import TRAINING, EventTask, TaskName
from hearfit.soundtasks.phonemes import constants as recognition
from hearfit.soundtasks.phonemes import convolution, segments
from hearfit.soundtasks.phonemes.task import PhonemeTask
from hearfit.training.settings import Settings, settings_hash


def _recognition() -> Settings:
    task = PhonemeTask(Path("nowhere"))
    return recognition.recognition_settings(task.design, task.recogniser, task.training)


def _words() -> Settings:
    return {"digits": spoken_words.digit_settings(), "speaker": spoken_words.speaker_settings()}


# Module, its settings, and what of it decides no score or is among the settings by another way.
CASES: list[tuple[ModuleType, Callable[[], Settings], set[str]]] = [
    (constants, lambda: {**constants.speech_settings(), **constants.language_settings()}, set()),
    (ipa, constants.phone_settings, {"_MANNERS", "_TIE", "_RAISED", "_ALIASES", "_DECOMPOSED_CEDILLA"}),
    (recipes, recipes.recipe_settings, {"RECIPES"}),
    (temporal_stem, recipes.recipe_settings, set()),
    (feature_network, recipes.recipe_settings, set()),
    (mixtures, mixtures.mixture_settings, set()),
    (parts, parts.part_settings, set()),
    (network, network.loss_settings, set()),
    (matched, matched.width_settings, set()),
    (convolution, _recognition, set()),
    (recognition, _recognition, set()),
    (learning, learning.learning_settings, {"_BLOCK"}),
    (event_network, event_network.network_settings, set()),
    (frontends, frontends.frontend_settings, {"_BIOMIMETIC"}),
    (voice_activity, voice_activity.voice_activity_settings, set()),
    (spoken_words, _words, set()),
    (bird_syllables, bird_syllables.bird_settings, {"SILENCE"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__.removeprefix("hearfit."))
def test_another_constant_is_another_setting(
    case: tuple[ModuleType, Callable[[], Settings], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, settings, left_out = case
    before = settings_hash(settings())
    for name in sorted(_constants(module) - left_out):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, _other(getattr(module, name)))
            assert settings_hash(settings()) != before, name
    assert settings_hash(settings()) == before


@pytest.mark.parametrize("task", ["vad", "digits", "speaker", "birds"])
def test_event_tasks_record_them(task: TaskName, tmp_path: Path) -> None:
    settings = EventTask(task, tmp_path, tmp_path if task == "vad" else None, TRAINING[task]).settings()
    wanted: dict[TaskName, Settings] = {
        "vad": voice_activity.voice_activity_settings(),
        "digits": spoken_words.digit_settings(),
        "speaker": spoken_words.speaker_settings(),
        "birds": bird_syllables.bird_settings(),
    }
    assert settings["task design"] == wanted[task]
    assert settings["network"] == event_network.network_settings()
    assert settings["frontends"] == frontends.frontend_settings()
    assert settings["training"] == {**asdict(TRAINING[task]), **learning.learning_settings()}
    json.dumps(settings)


def test_phonemes_and_enhancement_record_them(tmp_path: Path) -> None:
    assert _recognition().items() <= PhonemeTask(tmp_path).settings().items()
    margin = segments.MARGIN_S
    assert f'"margin (s)": {margin}' in json.dumps(PhonemeTask(tmp_path).settings())
    settings = EnhancementTask(tmp_path, tmp_path).settings()
    assert (settings["parts"], settings["mixtures"]) == (parts.part_settings(), mixtures.mixture_settings())
    assert settings["level and band"] == constants.speech_settings()
    assert settings["languages"] == constants.language_settings()
    for group, own in (("training", network.loss_settings()), ("network", matched.width_settings())):
        recorded = settings[group]
        assert isinstance(recorded, Mapping)
        assert own.items() <= recorded.items()
    assert settings["num_training_mixtures"] == design.DESIGN.num_training_mixtures
    json.dumps(settings)


def _constants(module: ModuleType) -> set[str]:
    """Names in capitals that are assigned in a module or imported into it."""
    assert module.__file__ is not None
    found: set[str] = set()
    for node in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        elif module in (constants, recognition) and isinstance(node, ast.ImportFrom):
            found |= {each.name for each in node.names}
    return {name for name in found if name.isupper()}


def _other(value: object) -> object:
    """Something else of the same kind."""
    if isinstance(value, range):
        return range(value.start, value.stop + 1)
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, dict):
        (first, *_), changed = value, dict(value)
        changed[first] = _other(value[first])
        return changed
    if isinstance(value, tuple):
        return (_other(value[0]), *value[1:])
    if isinstance(value, CorticalStart):
        return next(each for each in CorticalStart if each is not value)
    if isinstance(value, str):
        return f"{value}x"
    assert isinstance(value, BiomimeticDesign), value
    return replace(value, exponent=0.9)
