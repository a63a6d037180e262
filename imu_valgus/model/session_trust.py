"""How well a session was recorded, as far as its result files tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionTrust:
    """How well a session was recorded; None where that is not known.

    Parameters
    ----------
    sync_error_s
        Largest error between the clocks of two sensors.
    lost_share
        Share of samples lost by the worst sensor, 0 to 1.
    drift_deg
        Largest heading change between two stands of one recording.
    """

    sync_error_s: float | None = None
    lost_share: float | None = None
    drift_deg: float | None = None
