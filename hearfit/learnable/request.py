"""What a study asks of a frontend; free of heavy imports."""

from dataclasses import dataclass

from hearfit.errors import InputError

# A frame of so many samples is one: 5 ms at 44,100 Hz are 220.5, which no frontend can keep in step.
_WHOLE = 1e-6


@dataclass(frozen=True)
class FrontendRequest:
    """Sounds of a rate, frames of a length, channels within a range of frequencies.

    Attributes:
        seed: of whatever a frontend draws at its beginning; most draw nothing.
    """

    sampling_rate_hz: float
    hop_s: float
    num_channels: int
    lowest_hz: float
    highest_hz: float
    seed: int = 0

    def __post_init__(self) -> None:
        samples = self.hop_s * self.sampling_rate_hz
        problems = []
        if not self.sampling_rate_hz > 0.0:
            problems.append(f"The sampling rate is {self.sampling_rate_hz:g} Hz; it must be above 0.")
        elif not (round(samples) >= 1 and abs(samples - round(samples)) <= _WHOLE * samples):
            problems.append(
                f"A hop of {self.hop_s:g} s is {samples:g} samples at {self.sampling_rate_hz:g} Hz; it must be a "
                "positive whole number of samples."
            )
        if self.num_channels < 2:
            problems.append(f"The number of channels is {self.num_channels}; a frontend has at least 2.")
        if not 0.0 < self.lowest_hz < self.highest_hz <= self.sampling_rate_hz / 2.0:
            problems.append(
                f"The channels are to lie between {self.lowest_hz:g} and {self.highest_hz:g} Hz; allowed are ascending "
                f"frequencies above 0 Hz up to half the sampling rate, {self.sampling_rate_hz / 2.0:g} Hz."
            )
        if problems:
            raise InputError(problems)

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop_s * self.sampling_rate_hz)
