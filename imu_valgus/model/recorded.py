"""What a recorder knows of each sensor beside its samples: identity, clock, gaps."""

from dataclasses import dataclass

from imu_valgus.model.placement import Placement


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that are not there.

    Parameters
    ----------
    start_s, end_s
        Times of the last sample before and the first one after, on the recording's clock.
    lost
        How many are missing.
    is_counted
        Whether `lost` follows from the sensor's own numbers or stamps; otherwise it is estimated
        from how long nothing arrived.
    """

    start_s: float
    end_s: float
    lost: int
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """How a sensor's clock was brought onto the recording's clock.

    Parameters
    ----------
    method
        In words.
    rate_error_ppm
        By how much the sensor's clock ran fast against the computer's; NaN where it has none or
        the take was too short to tell.
    sync_error_s
        Estimated standard error of its sample times against those of the other sensors.
    epochs
        How often the sensor's clock was started.
    """

    method: str
    rate_error_ppm: float
    sync_error_s: float
    epochs: int


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """One sensor of a recording.

    Parameters
    ----------
    placement
        Where it sat.
    sensor_id
        Its own serial number, or its address where it tells none.
    model, firmware
        In words; empty where not told.
    protocol
        Name of the decoder.
    nominal_rate_hz, rate_hz
        Asked for and measured.
    loss_accounting
        ``exact``, ``from_time`` or ``not_detectable``.
    received, lost
        Samples that arrived, samples counted as missing between the first and the last.
    gaps
        In order of time; those not counted are estimates.
    reconnects
        How often the link was made anew.
    undecodable
        Packets that were no packets of the protocol.
    clock
        Of the sample times.
    """

    placement: Placement
    sensor_id: str
    model: str
    firmware: str
    protocol: str
    nominal_rate_hz: float
    rate_hz: float
    loss_accounting: str
    received: int
    lost: int
    gaps: tuple[Gap, ...]
    reconnects: int
    undecodable: int
    clock: ClockRecord

    @property
    def received_share(self) -> float:
        """Share of the samples between first and last that arrived, estimates included."""
        missing = sum(gap.lost for gap in self.gaps)
        return self.received / (self.received + missing) if self.received else 0.0

    @property
    def longest_gap_s(self) -> float:
        """Longest time without a sample, beyond one period; 0 without gaps."""
        period_s = 1.0 / self.rate_hz if self.rate_hz > 0 else 0.0
        return max((gap.end_s - gap.start_s - period_s for gap in self.gaps), default=0.0)
