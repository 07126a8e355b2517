"""Every fixed text of the report in one place."""

from typing import Final

CLAIMS: Final = (
    (
        "This is no diagnosis. It describes answers to sounds with a model of the ear; what they mean for a person is "
        "for qualified professionals to judge."
    ),
    (
        "The model-implied threshold is not an audiometer's threshold, unless the levels were calibrated for the "
        "stated transducer and reference thresholds."
    ),
    (
        "An audiogram alone does not separate compression from attenuation. Answers well above threshold do, and where "
        "they are missing the prior speaks."
    ),
    (
        "Lateral inhibition has no clinical norms. It is given as a strength, of which 0 is none, and as the "
        "equivalent rectangular bandwidth (ERB) that follows from the fitted ear."
    ),
    (
        "No standard prescribes a normal loudness curve. The dashed curves and lines are those of this model's normal "
        "ear, not norms."
    ),
)

AUDIOGRAM_CANNOT: Final = (
    "An audiogram tells how soft a tone can be to be just heard, and at which frequencies. It does not tell why: loss "
    "of compression, attenuation before the cochlea or in its inner hair cells, or both give the same thresholds. How "
    "loudness grows above threshold, and how well the ear separates frequencies, needs answers to other sounds."
)

CLAIMS_OF_AUDIOGRAM: Final = (CLAIMS[0], CLAIMS[2])

MEASURED_REMARK: Final = "The measured audiogram was not used in the fit; it is drawn for comparison only."

STORED_REMARK: Final = "Measured thresholds were among the data of the fit, so the two curves are not independent."

NO_RESPONSE_REMARK: Final = "An arrow marks no response at the highest level presented; such points are not joined."

NO_AUDIOGRAM: Final = "No measured audiogram was given for comparison."

AUDIOGRAM_REMARK: Final = "The implied threshold is the level at which the fitted ear would just detect a pure tone."

NOTHING_ABOVE_THRESHOLD: Final = (
    "Above threshold: nothing is known. An audiogram does not tell how loudness grows, how much of a loss is loss of "
    "compression, or how sharp the ear's filters are."
)

AUDIOGRAM_ALONE: Final = (
    "Not known: compression, attenuation, lateral inhibition and bandwidth. They need answers to sounds well above "
    "threshold, such as categorical loudness and notched noise."
)

LESS_COMPRESSION: Final = "less compression than in ears with normal thresholds, so that loudness grows more steeply"

AS_IN_NORMAL_EARS: Final = "less compression than in ears with normal thresholds"

MOSTLY_KNOWN: Final = (
    "Every parameter is told by the answers at some frequency at least; numbers that are mostly the prior are marked †."
)

OTHERS_MARKED: Final = "Other numbers that are mostly the prior are marked †."

SUMMARY_NOTE_MEASURED: Final = (
    "Degree: of the mean at 0.5, 1 and 2 kHz. Grades and degrees name ranges of averages; they are no diagnosis."
)

SUMMARY_NOTE_FITTED: Final = (
    "Parameters: span at 0.5, 1, 2 and 4 kHz; each ear's pages have every number with its interval. † Mostly the "
    "prior, not the answers."
)

THRESHOLD_NOTE: Final = "Of a masked and an unmasked threshold the masked one is shown. > No response at this level."

CONFIGURATION_NOTE: Final = (
    "Configuration and nearest standard audiogram (N1 to N7, S1 to S3; Bisgaard et al. 2010) follow rules of hearfit's "
    "own, because there are no agreed ones: see hearfit standards."
)

ASYMMETRY_NOTE: Final = (
    "There is no single definition of asymmetry, so each published criterion answers by its own rule. None of them "
    "tells a cause."
)

GAIN_NOTE: Final = (
    "Insertion gains of a published linear formula (Byrne & Dillon 1986), to compare with; no hearing aid is fitted by "
    "this report. No allowance is made for a conductive component."
)

NO_CHANGE_TOLD: Final = (
    "No change is told: of no difference between the sessions is it sure enough that it exceeds what repeated tests of "
    "an unchanged ear differ by. That is no proof that nothing changed."
)

CHANGE_NOTE: Final = (
    "Beyond retest: probability that the ears of the two sessions differ by more than 95 % of the repeated tests of an "
    "unchanged ear do, over years. To be confirmed: more than within a session, but not more than between sessions."
)

CRITERIA_NOTE: Final = (
    "Each criterion by its own published rule; hearfit audiogram compare takes a retest, a monitoring programme and "
    "children into account. Not computed means that something needed is not there, never that nothing changed."
)

PRIORS: Final = {
    "population": (
        "Before any answer, this ear was assumed to be like those of people in general, very widely: their thresholds "
        "(OHHR, NHANES), and how the loudness of sounds grows for them (qCLS)."
    ),
    "flat": (
        "Before any answer, next to nothing was assumed of this ear (flat prior), so numbers without answers are "
        "hardly bounded. Marked are those that the answers tell hardly better than what is known of people."
    ),
}

INTERVALS: Final = {
    "map": (
        "Intervals are those of a Gaussian about the most probable ear (Laplace's approximation), which is a little "
        "too narrow: of simulated ears, drawn from the prior and tested with tones, loudness and notched noise, 95 % "
        "intervals held the true value in 92 to 93 %. Those of draws (hearfit fit --method nuts) held it in 94 to 96 %."
    ),
    "nuts": (
        "Intervals are those of draws from the posterior. Of simulated ears, drawn from the prior and tested with "
        "tones, loudness and notched noise, 95 % intervals held the true value in 94 to 96 %."
    ),
}
"""By the method of the fit; measured by `hearfit validate`, with one prior."""

PRIOR_OF_INTERVALS: Final = "population"

IDENTIFIED: Final = "Every parameter at every frequency follows mostly from the answers."

PARAMETERS_CAPTION: Final = (
    "Bars are 95 % intervals. Grey, hollow and dotted: less than half of what is known came from the answers, the rest "
    "is the prior. An exponent of 1 is a linear ear without compression; a loss of compression makes loudness grow "
    "steeply. * The middle 95 % of ears with thresholds of −10 to 20 dB HL in the prior. What it says of compression "
    "and attenuation was learned from people; what it says of inhibition, and so of bandwidth, is an assumption. These "
    "are no clinical norms, which do not exist."
)

TABLE_NOTE: Final = (
    "Intervals are 95 % intervals. † Mostly the prior: less than half of what is known came from the answers. "
    "Difference: implied minus measured. ERB: equivalent rectangular bandwidth of the fitted auditory filter, and how "
    "many times that of a normal ear it is (24.7 (4.37 f/kHz + 1) Hz, Glasberg & Moore 1990)."
)

PREDICTIVE_CAPTION: Final = (
    "Posterior predictive check: would this ear have answered like that? Trials are put together by the answer that "
    "the fitted ear is expected to give. One in twenty points lies outside its range by chance."
)

OBSERVER_CAPTION: Final = "how this person answers, apart from what the ear does"


def change_caption(limit_db: float, source: str) -> str:
    """What the band behind the changes is."""
    return (
        f"Bars are 95 % intervals of the difference. Grey band: 95 % of the differences of an unchanged ear between "
        f"sessions stay within ±{limit_db:.1f} dB ({source})."
    )


def change_method(
    compared: str, rate: float, within_db: float, within_source: str, published_db: float, published_source: str
) -> str:
    """How a change is told, with the numbers and where they are from."""
    return (
        f"{compared} of thresholds and parameters were measured in both sessions and tested together; of the changes "
        f"told, at most {100 * rate:.0f} % are expected to be false if the sessions repeat like careful tests, more "
        f"if they vary more. Beyond retest is what also exceeds "
        f"{published_db:g} dB ({published_source}). Within a session 95 % of differences stay within "
        f"±{within_db:.1f} dB ({within_source})."
    )


def percentile_note(age_years: float, sex: str) -> str:
    """Among whom the percentiles rank."""
    return (
        f"Percentile: how many of 100 otologically normal {sex} people of {age_years:g} years hear as well or better "
        "(ISO 7029:2017), with their median threshold. People who were not screened for ear disease and noise hear "
        "worse."
    )


def loudness_alternative(frequencies: str, protocol: str) -> str:
    """What the loudness figure shows, for who cannot see it."""
    return (
        f"Small graphs of loudness category against level at {frequencies} ({protocol}): the raw answers, the curve of "
        "the fitted ear with its 95 % band, and the curve of the model's normal ear. The table of this ear has the "
        "numbers."
    )


def loudness_caption(protocol: str) -> str:
    """What the dots are."""
    return (
        f"Loudness growth; {protocol}. Answers in categorical units (CU) from 0, not heard, to 50, extremely loud; the "
        "curve is the answer to be expected."
    )


def detection_alternative(
    frequencies: str, protocol: str, *, has_forward_masker: bool = False, has_varied_noise: bool = False
) -> str:
    """What the detection figure shows, for who cannot see it."""
    level = "the level of the masker before them" if has_forward_masker else "level"
    level = "the level of the noise" if has_varied_noise else level
    return (
        f"Small graphs of the share of tones that were heard or found against {level} at {frequencies} ({protocol}): "
        "the shares, the curve of the fitted ear with its 95 % band, and that of the model's normal ear."
    )


def discrimination_alternative(frequencies: str, protocol: str) -> str:
    """What the discrimination figure shows, for who cannot see it."""
    return (
        f"Small graphs of the share of signals that were told from the standard, at {frequencies} ({protocol}), "
        "against how far they differ: the shares, the curve of the fitted ear with its 95 % band, and that of the "
        "model's normal ear."
    )


def discrimination_caption(protocol: str, *, has_rove: bool, has_catch_trials: bool, has_forced_choice: bool) -> str:
    """What the dots are, by the task."""
    parts = [
        (
            f"Discrimination; {protocol}. Share of signals that were told from the standard: said to differ (yes/no) "
            "or found (forced choice). Levels are those of the standard; the most frequent settings are drawn."
        )
    ]
    if has_rove:
        parts.append("±: the level of each interval was drawn from a range of this many decibels about the stated one.")
    if has_catch_trials:
        parts.append("Squares at the left edge: how often the standard alone was said to differ.")
    if has_forced_choice:
        parts.append("Dotted line: guessing.")
    return " ".join(parts)


def detection_caption(
    protocol: str,
    *,
    has_masker: bool,
    has_catch_trials: bool,
    has_forced_choice: bool,
    has_forward_masker: bool = False,
    has_varied_noise: bool = False,
) -> str:
    """What the dots are, by the task."""
    parts = [f"Detection; {protocol}. Share of tones that were heard (yes/no) or found (forced choice)."]
    if has_masker:
        parts.append(
            "The tones were played in noise with a notch, whose edges lie as far below / above the tone as stated, "
            "relative to its frequency."
        )
        parts.append(
            "The level of the noise was varied and that of the tone was not: the louder the noise, the fewer tones are "
            "heard. Where the tone had several levels, the most frequent one is drawn."
            if has_varied_noise
            else "Where the noise had several levels, the most frequent one is drawn."
        )
    if has_forward_masker:
        parts.append(
            "Each tone was short and soft, and another one, the masker, of the frequency stated ended before it by the "
            "gap stated: the louder the masker, the fewer are heard."
        )
    if has_catch_trials:
        without = "with the noise alone" if has_masker else "with no sound"
        without = "with the masker alone" if has_forward_masker else without
        parts.append(f"Squares at the left edge: how often a catch trial, {without}, was called heard.")
    if has_forced_choice:
        parts.append("Dotted line: guessing.")
    return " ".join(parts)


def predictive_alternative(protocols: str, outside: int, total: int) -> str:
    """What the figure of the predictive check shows, for who cannot see it."""
    return (
        f"Mean answers against those expected of the fitted ear, with the 95 % range of replicated answers "
        f"({protocols}): {outside} of {total} groups of trials lie outside their range."
    )
