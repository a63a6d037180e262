"""Finds problems that would spoil a recording, and says what to do about them."""

import asyncio
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from imu_valgus.errors import DecodeError, DeviceError, MissingExtraError
from imu_valgus.model import Placement
from imu_valgus.recorder.placement_memory import PlacementMemory
from imu_valgus.recorder.setup import Candidate, find_candidates
from imu_valgus.recorder.status import LiveTally
from imu_valgus.sensors.ble import FoundSensor, Radio
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import DeviceSettings, NotificationCallback
from imu_valgus.sensors.packets import Decoder, LossAccounting

__all__ = ["DoctorFinding", "ScanRow", "Verdict", "examine", "scan_rows"]

_WEAK_DBM: Final = -80
_GOOD_DBM: Final = -65
_LOW_BATTERY: Final = 20.0
_ENOUGH_RATE: Final = 0.95


class Verdict(StrEnum):
    """How serious a finding is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """Result of one check.

    Parameters
    ----------
    verdict
        How serious it is.
    what
        What was found.
    advice
        What to do about it; empty if there is nothing to do.
    """

    verdict: Verdict
    what: str
    advice: str = ""

    def as_document(self) -> dict[str, Any]:
        """Return the finding as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One sensor of a scan.

    Parameters
    ----------
    name
        Advertised name.
    make
        Name of the driver that can record it.
    address
        Address at which it was heard.
    rssi_dbm
        Signal strength.
    placement
        Remembered placement, None if it is not known.
    """

    name: str
    make: str
    address: str
    rssi_dbm: int
    placement: Placement | None

    @property
    def signal_words(self) -> str:
        """Signal quality in one word."""
        if self.rssi_dbm >= _GOOD_DBM:
            return "good"
        return "fair" if self.rssi_dbm >= _WEAK_DBM else "weak"

    def as_document(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return asdict(self)


async def scan_rows(radio: Radio, seconds: float, memory: PlacementMemory) -> tuple[ScanRow, ...]:
    """List the sensors that can be recorded.

    Parameters
    ----------
    radio
        Bluetooth adapter.
    seconds
        How long to scan.
    memory
        Placements of known sensors.

    Returns
    -------
    tuple of ScanRow
        Strongest signal first.

    Raises
    ------
    DeviceError
        If the adapter cannot scan.
    """
    rows = []
    for candidate in await find_candidates(radio, seconds):
        found = candidate.found
        known = memory.by_address(found.address)
        make = type(candidate.driver).__name__.removesuffix("Driver")
        placement = known.placement if known else None
        rows.append(ScanRow(found.name, make, found.address, found.rssi_dbm, placement))
    return tuple(rows)


async def examine(
    make_radio: Callable[[], Radio], *, seconds: float, tell: Callable[[str], None]
) -> tuple[DoctorFinding, ...]:
    """Check the computer, the adapter and the sensors.

    Parameters
    ----------
    make_radio
        Makes the radio; may raise `MissingExtraError`.
    seconds
        Length of the reception test of each sensor.
    tell
        Called with a few words about what is checked next.

    Returns
    -------
    tuple of DoctorFinding
        One or more findings per check; problems end the examination early.
    """
    findings = [*_check_computer()]
    try:
        radio = make_radio()
    except MissingExtraError as error:
        return (*findings, DoctorFinding(Verdict.PROBLEM, "bleak is not installed", str(error)))
    version = metadata.version("bleak")
    findings.append(DoctorFinding(Verdict.GOOD, f"Bluetooth library bleak {version}"))
    tell("Listening for sensors")
    try:
        heard = await radio.scan(5.0)
    except DeviceError as error:
        advice = "Do what the message says, then run the check again."
        return (*findings, DoctorFinding(Verdict.PROBLEM, str(error), advice))
    findings.append(_judge_scan(heard))
    for found in heard:
        driver = driver_for(found.advertisement)
        if driver is None:
            continue
        tell(f"Receiving from {found.name} for {seconds:g} s")
        try:
            reception = await _receive(radio, Candidate(found, driver), seconds)
        except DeviceError as error:
            advice = (
                "Switch it off and on. Check that no phone or other program is connected to it."
            )
            findings.append(DoctorFinding(Verdict.PROBLEM, f"{found.name}: {error}", advice))
        else:
            findings += _judge_reception(found, reception)
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class _Reception:
    """What arrived from one sensor in a reception test."""

    model: str
    rate_hz: float
    nominal_rate_hz: float
    lost: int
    accounting: LossAccounting
    battery_percent: float | None


async def _receive(radio: Radio, candidate: Candidate, seconds: float) -> _Reception:
    """Connect to a sensor, let it stream for some seconds and count, disconnect."""
    loop = asyncio.get_running_loop()
    driver = candidate.driver
    link = await radio.connect(candidate.found, lambda: None)
    try:
        info = await driver.identify(link)
        await driver.configure(link, DeviceSettings())
        tally = LiveTally()
        tally.set_up(driver.loss_accounting, driver.nominal_rate_hz)
        decoder = driver.new_decoder()
        for uuid in driver.data_characteristics:
            await link.subscribe(uuid, _counter(uuid, decoder, tally, loop))
        await driver.start(link)
        begin_s = await _first_arrival(tally, loop)
        received = tally.count.received
        await asyncio.sleep(seconds)
        span_s = tally.count.last_arrival_s - begin_s
        rate_hz = (tally.count.received - received) / span_s if span_s > 0 else 0.0
        await driver.stop(link)
    finally:
        await link.close()
    return _Reception(
        info.model,
        rate_hz,
        driver.nominal_rate_hz,
        tally.count.lost,
        driver.loss_accounting,
        info.battery_percent,
    )


def _counter(
    uuid: str, decoder: Decoder, tally: LiveTally, loop: asyncio.AbstractEventLoop
) -> NotificationCallback:
    def count(data: bytes) -> None:
        try:
            blocks = decoder.feed(uuid, data)
        except DecodeError:
            return
        for block in blocks:
            tally.take(block, loop.time())

    return count


async def _first_arrival(tally: LiveTally, loop: asyncio.AbstractEventLoop) -> float:
    """Wait up to five seconds for the first packet, since a new link is slow to start."""
    end_s = loop.time() + 5.0
    while tally.count.received == 0 and loop.time() < end_s:  # noqa: ASYNC110 - set by a callback
        await asyncio.sleep(0.02)
    return loop.time() if tally.count.received == 0 else tally.count.last_arrival_s


def _judge_scan(heard: tuple[FoundSensor, ...]) -> DoctorFinding:
    known = sum(driver_for(found.advertisement) is not None for found in heard)
    what = (
        f"The adapter scans: {len(heard)} Bluetooth devices heard, {known} of them can be recorded"
    )
    if known:
        return DoctorFinding(Verdict.GOOD, what)
    return DoctorFinding(
        Verdict.PROBLEM,
        what,
        "Wake the sensors (move them or press their button), charge them, bring them within two "
        "metres, and disconnect them from phones.",
    )


def _judge_reception(found: FoundSensor, reception: _Reception) -> list[DoctorFinding]:
    """Judge the reception, signal and battery of one sensor."""
    share = reception.rate_hz / reception.nominal_rate_hz
    lost = (
        "losses not detectable"
        if reception.accounting is LossAccounting.NOT_DETECTABLE
        else f"{reception.lost} samples lost"
    )
    what = (
        f"{found.name} ({reception.model}): {reception.rate_hz:.1f} of "
        f"{reception.nominal_rate_hz:g} Hz, {lost}"
    )
    findings = []
    if share >= _ENOUGH_RATE and reception.lost == 0:
        findings.append(DoctorFinding(Verdict.GOOD, what))
    else:
        advice = (
            "Move the computer closer, use a Bluetooth 5 adapter on a USB extension cable away "
            "from USB-3 disks and Wi-Fi antennas, or ask for fewer samples with --rate 60."
        )
        findings.append(DoctorFinding(Verdict.DOUBTFUL, what, advice))
    if found.rssi_dbm < _WEAK_DBM:
        what = f"{found.name}: weak signal ({found.rssi_dbm} dBm)"
        advice = "Bring it closer. A body between sensor and computer weakens the signal further."
        findings.append(DoctorFinding(Verdict.DOUBTFUL, what, advice))
    if reception.battery_percent is not None and reception.battery_percent < _LOW_BATTERY:
        what = f"{found.name}: battery at {reception.battery_percent:.0f} %"
        findings.append(DoctorFinding(Verdict.DOUBTFUL, what, "Charge it before a recording."))
    return findings


def _check_computer() -> list[DoctorFinding]:
    """Check everything that needs no radio."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    findings = [DoctorFinding(Verdict.GOOD, system)]
    if sys.platform == "linux":
        findings += _check_linux(Path("/sys/class/bluetooth"), Path("/run/dbus/system_bus_socket"))
    elif sys.platform == "darwin":
        findings.append(
            DoctorFinding(
                Verdict.GOOD,
                "macOS hides the addresses of sensors: places are kept by serial number",
                "If scanning is refused, allow Bluetooth for your terminal in System Settings, "
                "Privacy & Security, Bluetooth.",
            )
        )
    elif sys.platform == "win32":
        findings.append(
            DoctorFinding(
                Verdict.GOOD,
                "Windows may stay slow for some seconds after connecting",
                "If a sensor cannot be reached a second time, remove it in Settings, Bluetooth, "
                "and switch Bluetooth off and on.",
            )
        )
    return findings


def _check_linux(adapters: Path, bus: Path) -> list[DoctorFinding]:
    """Look for adapters and for D-Bus, the system's message bus, which BlueZ needs."""
    names = sorted(entry.name for entry in adapters.glob("hci*") if ":" not in entry.name)
    findings = []
    if names:
        findings.append(DoctorFinding(Verdict.GOOD, f"Bluetooth adapter {', '.join(names)}"))
    else:
        findings.append(
            DoctorFinding(
                Verdict.DOUBTFUL,
                "The system shows no Bluetooth adapter",
                "Plug one in. In a virtual machine or a container, pass it through.",
            )
        )
    if not bus.exists() and "DBUS_SYSTEM_BUS_ADDRESS" not in os.environ:
        findings.append(
            DoctorFinding(
                Verdict.DOUBTFUL,
                "The system's message bus (D-Bus), which BlueZ needs, is not running",
                "Start it with  systemctl start dbus bluetooth.",
            )
        )
    return findings
