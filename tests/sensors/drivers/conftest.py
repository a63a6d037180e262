"""A link without a radio: drivers talk directly to virtual sensors."""

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
import pytest

from imu_valgus.errors import DeviceError
from imu_valgus.sensors.driver import NotificationCallback
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    MotionSamples,
    Notification,
    Property,
    VirtualPeripheral,
)


class _JumpingSelector(selectors.SelectSelector):
    """Never waits; the loop's clock jumps to the next deadline."""

    now_s = 1000.0

    def select(self, timeout=None):
        if timeout is None:
            raise AssertionError("The loop waits for an event that never comes.")
        self.now_s += max(timeout, 0.0)
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.jumping = _JumpingSelector()
        super().__init__(self.jumping)

    def time(self):
        return self.jumping.now_s


@pytest.fixture
def run():
    """Run a coroutine without waiting: sleeping only advances the clock."""

    def run_quickly(coroutine):
        with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
            return runner.run(coroutine)

    return run_quickly


@dataclass
class LoopbackLink:
    """Passes every call on to the virtual sensor at once and remembers the writes."""

    peripheral: VirtualPeripheral
    mtu: int = 247
    written: list[tuple[str, bytes]] = field(default_factory=list)
    callbacks: dict[str, list[NotificationCallback]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peripheral.on_connect(mtu=self.mtu)

    @property
    def characteristics(self) -> Collection[str]:
        return self.properties.keys()

    @property
    def properties(self) -> dict[str, frozenset[Property]]:
        table = self.peripheral.services
        return {row.uuid: row.properties for service in table for row in service.characteristics}

    async def read(self, uuid: str) -> bytes:
        return self.peripheral.read(uuid)

    async def write(
        self,
        uuid: str,
        data: bytes,
        *,
        response: bool = True,  # noqa: ARG002 - both kinds arrive here
    ) -> None:
        writes = {Property.WRITE, Property.WRITE_WITHOUT_RESPONSE}
        if not writes & self.properties.get(uuid, frozenset()):
            raise DeviceError(f"{uuid} cannot be written.")
        self.written.append((uuid, data))
        self.deliver(self.peripheral.write(uuid, data))

    async def subscribe(self, uuid: str, callback: NotificationCallback) -> None:
        listeners = self.callbacks.setdefault(uuid, [])
        listeners.append(callback)
        if len(listeners) == 1:
            self.peripheral.on_subscribe(uuid, enabled=True)

    async def unsubscribe(self, uuid: str, callback: NotificationCallback) -> None:
        listeners = self.callbacks.get(uuid, [])
        if callback in listeners:
            listeners.remove(callback)
            if not listeners:
                self.peripheral.on_subscribe(uuid, enabled=False)

    def deliver(self, notifications: list[Notification]) -> None:
        for uuid, data in notifications:
            for callback in tuple(self.callbacks.get(uuid, ())):
                callback(data)

    def feed(self, samples: MotionSamples) -> None:
        self.deliver(self.peripheral.produce(samples))


@pytest.fixture
def loopback() -> Callable[..., LoopbackLink]:
    return LoopbackLink


@pytest.fixture
def motion() -> Callable[..., MotionSamples]:
    """Make smooth motion with quaternions that agree with the angular velocity."""

    def make(n: int, rate_hz: float, *, start_s: float = 1.0) -> MotionSamples:
        from scipy.spatial.transform import Rotation

        time_s = start_s + np.arange(n) / rate_hz
        phase = 2 * np.pi * 0.8 * time_s
        angle = 0.6 * np.sin(phase)
        speed = 0.6 * 2 * np.pi * 0.8 * np.cos(phase)
        axis = np.array([0.6, 0.0, 0.8])
        turn = Rotation.from_rotvec(angle[:, None] * axis)
        acc = turn.inv().apply([0.3, -0.2, 9.80665])
        quat = np.roll(turn.as_quat(), 1, axis=1)
        mag = turn.inv().apply([20.0, 0.0, -40.0])
        return MotionSamples(time_s, acc, speed[:, None] * axis, quat, mag)

    return make


@pytest.fixture
def measuring(motion):
    """Make a virtual sensor measure while a driver talks to it."""

    async def pump(link):
        clock = asyncio.get_running_loop().time
        done_s = clock()
        while True:
            await asyncio.sleep(0.005)
            rate = link.peripheral.streaming_rate_hz
            n = int((clock() - done_s) * rate)
            if n:
                link.feed(motion(n, rate, start_s=done_s))
                done_s += n / rate
            elif not rate:
                done_s = clock()

    @contextlib.asynccontextmanager
    async def measure(link):
        task = asyncio.create_task(pump(link))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return measure
