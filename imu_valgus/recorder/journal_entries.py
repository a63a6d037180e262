"""What the journal holds beside the packets: the sensors, what happened to them, and the tasks.

Everything that a recovery needs is in the journal itself, more than once: the recorder repeats
metadata and configurations every few seconds, so that a single damaged byte cannot lose a sensor.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, cast

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, SessionInfo, Side, Task
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
    """A sensor as it is known before the recording starts."""

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
            Metadata as returned by `to_json`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        sensors = cast("list[dict[str, str]]", value["sensors"])
        info = dict(cast("dict[str, str]", value["info"]))
        recorded_at = info.pop("recorded_at")
        return cls(
            str(value["software_version"]),
            int(cast("int", value["start_ns"])),
            tuple(PlannedSensor(Placement(s["placement"]), s["sensor_id"]) for s in sensors),
            SessionInfo(
                recorded_at=datetime.fromisoformat(recorded_at) if recorded_at else None,
                **info,  # type: ignore[arg-type]  # numbers and words as they were written
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
    """The state of a sensor's link changed; `reason` is empty unless something went wrong."""

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
    """Host clock and time of day at the same moment."""

    t_ns: int
    unix_ns: int


Event = SensorConfigured | LinkChange | TaskMark | WallClock

_KIND: Final = "event"


def event_to_json(event: Event) -> JsonObject:
    """Turn an event into a JSON object for the journal."""
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
    fields = {name: content for name, content in value.items() if name != _KIND}
    try:
        return _READERS[str(value.get(_KIND))](fields)
    except (KeyError, TypeError, ValueError, InputError):
        return None


def _configured(fields: dict[str, object]) -> Event:
    recipe = cast("Mapping[str, RecipeValue]", fields.pop("recipe"))
    uuids = cast("list[str]", fields.pop("characteristics"))
    accounting = LossAccounting(str(fields.pop("loss_accounting")))
    return SensorConfigured(
        characteristics=tuple(uuids),
        recipe=DecoderRecipe.from_mapping(recipe),
        loss_accounting=accounting,
        **fields,  # type: ignore[arg-type]  # numbers and words as they were written
    )


def _link(fields: dict[str, object]) -> Event:
    state = LinkState(str(fields.pop("state")))
    return LinkChange(state=state, **fields)  # type: ignore[arg-type]


def _task(fields: dict[str, object]) -> Event:
    task, side = fields.pop("task"), fields.pop("side")
    return TaskMark(
        task=None if task is None else Task(str(task)),
        side=None if side is None else Side(str(side)),
        **fields,  # type: ignore[arg-type]
    )


_READERS: Final[dict[str, Callable[[dict[str, object]], Event]]] = {
    "configured": _configured,
    "link": _link,
    "task": _task,
    "wall_clock": lambda fields: WallClock(**fields),  # type: ignore[arg-type]
}
