"""What a recorder knows of each sensor beside its samples: identity, clock, gaps."""

from dataclasses import dataclass

from imu_valgus.model.placement import Placement


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of missing samples.

    Parameters
    ----------
    start_s, end_s
        Times of the last sample before and the first sample after it, on the recording's clock.
    lost
        Number of missing samples.
    is_counted
        Whether `lost` follows from the sensor's own packet numbers or time stamps; otherwise it
        is estimated from how long nothing arrived.
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
        The method in words.
    rate_error_ppm
        How much faster the sensor's clock ran than the computer's; NaN where it has no clock or
        the recording was too short to tell.
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
        Where the sensor was worn.
    sensor_id
        Serial number, or the address where the sensor does not report one.
    model, firmware
        Model and firmware in words; empty where not reported.
    protocol
        Name of the decoder.
    nominal_rate_hz, rate_hz
        Requested and measured sampling rate.
    loss_accounting
        How losses are counted: ``exact``, ``from_time`` or ``not_detectable``.
    received, lost
        Samples that arrived, and samples counted as missing between the first and the last.
    gaps
        Gaps in order of time; those not counted are estimates.
    reconnects
        How often the link was made again.
    undecodable
        Number of packets that did not follow the protocol.
    clock
        Clock that the sample times come from.
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
