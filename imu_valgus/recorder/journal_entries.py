"""What the journal holds beside the packets: the sensors, what happened to them, and the tasks.

What is read back is checked: a damaged or foreign journal may hold anything.

Everything that a recovery needs is in the journal itself, more than once: the recorder repeats
metadata and configurations every few seconds, so that a single damaged byte cannot lose a sensor.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeVar, cast

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, SessionInfo, Side, Task
from imu_valgus.model.limits import LENGTHS_M, is_possible
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting, RecipeValue

__all__ = [
    "LinkChange",
    "LinkState",
    "PlannedSensor",
    "RecordingHeader",
    "SensorConfigured",
    "TaskMark",
    "WallClock",
    "event_from_json",
    "event_to_json",
]

JsonObject = Mapping[str, object]
JsonRecipe = Mapping[str, RecipeValue]

_LATEST_NS: Final = 100 * 366 * 86_400 * 10**9
"""Host clocks and the time of day, counted from 1970, are within a century; wider, they are wrong
and their differences would not fit into 64 bits."""

_HIGHEST_INDEX: Final = 2**31
_RATES_HZ: Final = (0.1, 100_000.0)
"""Any rate that a sensor could have been set to, now or in later versions."""


class LinkState(StrEnum):
    """State of a sensor's link."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONFIGURING = "configuring"
    READY = "ready"
    STREAMING = "streaming"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PlannedSensor:
    """A sensor as it is known before the recording starts.

    Parameters
    ----------
    placement
        Where it is worn.
    sensor_id
        Its serial number, or its address if it reports none.
    """

    placement: Placement
    sensor_id: str

    @property
    def words(self) -> str:
        """Name for messages, such as ``sensor at the left shank (A1)``."""
        return f"sensor at the {self.placement.words} ({self.sensor_id})"


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What is known when a recording starts.

    Parameters
    ----------
    software_version
        Version of imu_valgus.
    start_ns
        Host clock at time 0 of the recording.
    sensors
        Sensors of the recording; packets and events refer to them by index.
    info
        Person and set-up.
    """

    software_version: str
    start_ns: int
    sensors: tuple[PlannedSensor, ...]
    info: SessionInfo

    def to_json(self) -> JsonObject:
        """Return the metadata of the journal."""
        info = asdict(self.info)
        if self.info.recorded_at is not None:
            info["recorded_at"] = self.info.recorded_at.isoformat()
        return {
            "software_version": self.software_version,
            "start_ns": self.start_ns,
            "sensors": [asdict(sensor) for sensor in self.sensors],
            "info": info,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Read the metadata of a journal.

        Parameters
        ----------
        value
            Metadata as returned by `to_json`. Of the person, what cannot be true is left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else, or names no sensors.
        """
        sensors = tuple(
            PlannedSensor(Placement(_text(table["placement"])), _text(table["sensor_id"]))
            for table in map(_table, _items(value["sensors"]))
        )
        if not sensors or len({sensor.placement for sensor in sensors}) < len(sensors):
            raise ValueError("no sensors, or two at one place")
        info = _table(value["info"])
        numbers = {key: _read_or_none(_number, info.get(key)) for key in LENGTHS_M}
        lengths = {
            key: value if value is not None and is_possible(value, LENGTHS_M[key]) else None
            for key, value in numbers.items()
        }
        return cls(
            _text(value["software_version"]),
            _nanoseconds(value["start_ns"]),
            sensors,
            SessionInfo(
                subject=_read_or_none(_text, info.get("subject")),
                sex=_read_or_none(_text, info.get("sex")),
                recorded_at=_read_or_none(_moment, info.get("recorded_at")),
                **lengths,
            ),
        )


@dataclass(frozen=True, slots=True)
class SensorConfigured:
    """A sensor was configured; holds everything that decoding its packets needs.

    Parameters
    ----------
    t_ns
        Host clock.
    sensor
        Index of the sensor in the header.
    connection
        Number of the connection, from 0; each one starts with a fresh decoder.
    characteristics
        UUIDs by channel number of the packets.
    recipe
        How to make the decoder.
    nominal_rate_hz, loss_accounting
        Sampling rate and kind of loss counting, as given by the driver.
    model, firmware
        Names in words; empty if not known.
    """

    t_ns: int
    sensor: int
    connection: int
    characteristics: tuple[str, ...]
    recipe: DecoderRecipe
    nominal_rate_hz: float
    loss_accounting: LossAccounting
    model: str
    firmware: str


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The state of a sensor's link changed; `reason` is empty unless something went wrong.

    Parameters
    ----------
    t_ns
        Time on the host clock, ns.
    sensor
        Number of the sensor in the header.
    state
        State that the link has now.
    reason
        What went wrong; empty if nothing did.
    """

    t_ns: int
    sensor: int
    state: LinkState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskMark:
    """A task begins, which ends the previous one.

    Parameters
    ----------
    t_ns
        Host clock.
    task
        The task; None leaves the samples from now on without a label.
    side
        Leg that does the task, None for both.
    is_tap_check
        Whether all sensors are tapped together, to compare their clocks.
    """

    t_ns: int
    task: Task | None
    side: Side | None = None
    is_tap_check: bool = False


@dataclass(frozen=True, slots=True)
class WallClock:
    """Host clock and time of day at the same moment.

    Parameters
    ----------
    t_ns
        Time on the monotonic host clock, ns.
    unix_ns
        Time since 1970, UTC, ns.
    """

    t_ns: int
    unix_ns: int


Event = SensorConfigured | LinkChange | TaskMark | WallClock

_KIND: Final = "event"


def event_to_json(event: Event) -> JsonObject:
    """Turn an event into a JSON object for the journal.

    Parameters
    ----------
    event
        Event to write.

    Returns
    -------
    JsonObject
        JSON value of the event.
    """
    if isinstance(event, SensorConfigured):
        values = {name: getattr(event, name) for name in SensorConfigured.__slots__}
        return {_KIND: "configured", **values, "recipe": event.recipe.as_mapping()}
    return {_KIND: _NAMES[type(event)], **asdict(event)}


_NAMES: Final[dict[type, str]] = {LinkChange: "link", TaskMark: "task", WallClock: "wall_clock"}


def event_from_json(value: JsonObject) -> Event | None:
    """Read an event of a journal.

    Parameters
    ----------
    value
        JSON object as returned by `event_to_json`.

    Returns
    -------
    Event or None
        None for a kind of event that only a newer version knows, or for a damaged one.
    """
    try:
        return _READERS[str(value.get(_KIND))](value)
    except (KeyError, TypeError, ValueError, OverflowError, InputError):
        return None


def _configured(fields: JsonObject) -> Event:
    rate_hz = _number(fields["nominal_rate_hz"])
    if not is_possible(rate_hz, _RATES_HZ):
        raise ValueError(f"nominal_rate_hz = {rate_hz:g}")
    return SensorConfigured(
        t_ns=_nanoseconds(fields["t_ns"]),
        sensor=_index(fields["sensor"]),
        connection=_index(fields["connection"]),
        characteristics=tuple(map(_text, _items(fields["characteristics"]))),
        recipe=DecoderRecipe.from_mapping(cast("JsonRecipe", _table(fields["recipe"]))),
        nominal_rate_hz=rate_hz,
        loss_accounting=LossAccounting(_text(fields["loss_accounting"])),
        model=_text(fields["model"]),
        firmware=_text(fields["firmware"]),
    )


def _link(fields: JsonObject) -> Event:
    return LinkChange(
        _nanoseconds(fields["t_ns"]),
        _index(fields["sensor"]),
        LinkState(_text(fields["state"])),
        _text(fields.get("reason", "")),
    )


def _task(fields: JsonObject) -> Event:
    task, side = _text_or_none(fields["task"]), _text_or_none(fields["side"])
    return TaskMark(
        _nanoseconds(fields["t_ns"]),
        None if task is None else Task(task),
        None if side is None else Side(side),
        is_tap_check=fields.get("is_tap_check") is True,
    )


def _wall_clock(fields: JsonObject) -> Event:
    return WallClock(_nanoseconds(fields["t_ns"]), _nanoseconds(fields["unix_ns"]))


_READERS: Final[dict[str, Callable[[JsonObject], Event]]] = {
    "configured": _configured,
    "link": _link,
    "task": _task,
    "wall_clock": _wall_clock,
}


def _table(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} instead of an object")
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} instead of a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of text")
    # Halves of a surrogate pair, which JSON can spell, cannot be written to any file.
    return value.encode("utf-8", "replace").decode()


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} instead of a whole number")
    return value


def _nanoseconds(value: object) -> int:
    if abs(number := _whole(value)) > _LATEST_NS:
        raise ValueError("a time beyond a century")
    return number


def _index(value: object) -> int:
    if not 0 <= (number := _whole(value)) <= _HIGHEST_INDEX:
        raise ValueError(f"no number of a sensor or connection: {number}")
    return number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{type(value).__name__} instead of a number")
    return float(value)


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))


T = TypeVar("T")


def _read_or_none(read: Callable[[object], T], value: object) -> T | None:
    try:
        return read(value)
    except (TypeError, ValueError, OverflowError):
        return None
