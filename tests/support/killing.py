"""Kills recordings at random moments, as flat batteries and impatient people do."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imu_valgus.errors import DeviceError
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal
from imu_valgus.recorder.recover import recover_recording

__all__ = ["KilledTake", "kill_recording"]

_PROGRAM: Final = """
import sys
import time
from pathlib import Path
from imu_valgus.recorder.take import TakeMonitor, TakePlan
from imu_valgus.recorder.background import BackgroundLoop
from imu_valgus.model.protocol import single_task
from imu_valgus.cli.recording_world import demo_world
from imu_valgus.model import SessionInfo, Task
steps = single_task(Task.STANDING, 60.0)
world = demo_world(TakePlan(Path(sys.argv[1]), steps, None, SessionInfo()))
monitor = TakeMonitor()
with BackgroundLoop() as background:
    future = background.begin(world.take(monitor, background.loop))
    while not future.done():
        if monitor.guide is not None:
            received = sum(sensor.received for sensor in monitor.recorder.status().sensors)
            print(received, flush=True)
        time.sleep(0.02)
"""


@dataclass(frozen=True, slots=True)
class KilledTake:
    """What was left of a recording that was killed.

    Parameters
    ----------
    after_s
        How long it had streamed.
    received
        Samples that the recorder had counted when it last told, at most some hundredths of a
        second before its death.
    recovered
        Samples in the recovered session.
    damaged_bytes
        At the torn end of the journal.
    """

    after_s: float
    received: int
    recovered: int
    damaged_bytes: int

    @property
    def is_complete(self) -> bool:
        """Whether everything that the recorder had counted was recovered."""
        return self.recovered >= self.received


def kill_recording(folder: Path, *, seed: int, longest_s: float = 1.5) -> KilledTake:
    """Start a demo recording in another process, kill it without warning, recover it.

    Parameters
    ----------
    folder
        For the recording; new.
    seed
        Of the moment.
    longest_s
        The latest moment after streaming has begun.

    Raises
    ------
    DeviceError
        If the recording did not begin.
    """
    after_s = random.Random(seed).uniform(0.05, longest_s)
    command = [sys.executable, "-c", _PROGRAM, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        out = process.stdout
        if out is None or not out.readline():
            raise DeviceError("The recording to be killed did not begin.")
        time.sleep(after_s)
        os.kill(process.pid, signal.SIGKILL)
        told = out.read().split("\n")[:-1]
    damage = Journal.read(folder / JOURNAL_FILE).damage
    summary = recover_recording(folder)
    return KilledTake(
        after_s=after_s,
        received=int(told[-1]) if told else 0,
        recovered=sum(sensor.received for sensor in summary.sensors),
        damaged_bytes=sum(part.length for part in damage),
    )
