"""When one step-up was done, and when in it the leading leg was loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepUpSpan:
    """One step-up in samples: half-open, with the parts in which the leading leg is loaded.

    Parameters
    ----------
    start, stop
        The repetition.
    placed, top
        From the foot on the step to standing on it.
    lower, bottom
        From leaving the stand on the step to the deepest bend before the foot comes home.
    """

    start: int
    stop: int
    placed: int
    top: int
    lower: int
    bottom: int

    @property
    def loaded(self) -> tuple[slice, slice]:
        """Samples of the way up and of the way down."""
        return slice(self.placed, self.top), slice(self.lower, self.bottom + 1)
