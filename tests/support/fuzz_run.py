"""Runs the fuzzed readers and counts: what was read, refused, how long and how much memory.

    python -m support.fuzz_run "plain csv" 500        (in tests/; one line of JSON)

runs one reader with a limit of memory, as the long version of the tests does for each.
"""

import json
import os
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from support.fuzz_files import spoilt
from support.fuzz_readers import READERS, Files, FuzzedReader
from support.limits import forget_peak, limit_memory, peak_bytes, time_limit

from imu_valgus.errors import ImuValgusError

MOST_SECONDS: Final = 10.0
MOST_BYTES: Final = 1_000_000_000
_TESTS: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class FuzzCount:
    """What came of the inputs of one reader.

    Parameters
    ----------
    reader
        Its name.
    read, refused
        How many inputs were read, and how many were refused with one sentence.
    slowest_s
        Longest time for one input.
    peak_bytes
        Most memory that one input took beyond what the process held before; 0 where not known.
    """

    reader: str
    read: int
    refused: int
    slowest_s: float
    peak_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.reader:24} {self.read + self.refused:6} inputs {self.read:6} read "
            f"{self.refused:6} refused  slowest {self.slowest_s:6.3f} s  "
            f"peak {self.peak_bytes / 1e6:5.0f} MB"
        )


def spoilt_inputs(reader: FuzzedReader, good: Files, count: int) -> Iterator[tuple[str, bytes]]:
    """Give spoilt files, the same ones every time; input k does not depend on the others."""
    names = [name for name in good if name.endswith(reader.spoil)]
    for number in range(count):
        rng = random.Random(f"{reader.name} {number}")
        name = rng.choice(names)
        yield name, spoilt(name, good[name], rng)


def read_or_refuse(reader: FuzzedReader, folder: Path) -> bool:
    """Whether a folder was read; any error but one sentence of ours goes through."""
    try:
        reader.read(folder)
    except ImuValgusError as error:
        sentence = str(error)
        if not (sentence.isprintable() and sentence.endswith(".") and len(sentence) < 1500):
            raise AssertionError(f"not one sentence: {sentence!r:.500}") from error
        return False
    return True


def _bounded(taken_bytes: int) -> int:
    if taken_bytes > MOST_BYTES:
        raise AssertionError(f"it took {taken_bytes / 1e9:.1f} GB")
    return taken_bytes


def fuzz_reader(reader: FuzzedReader, count: int) -> FuzzCount:
    """Read spoilt files one after the other.

    Raises
    ------
    AssertionError
        At the first input that gives anything but a result or one sentence, or takes too long or
        too much; the input is kept, and the message names it.
    """
    good = reader.make()
    n_read, slowest_s, most = 0, 0.0, 0
    with TemporaryDirectory() as name:
        folder = Path(name) / "session"
        for inner, content in good.items():
            (folder / inner).parent.mkdir(parents=True, exist_ok=True)
            (folder / inner).write_bytes(content)
        for number, (inner, content) in enumerate(spoilt_inputs(reader, good, count)):
            (folder / inner).write_bytes(content)
            forget_peak()
            before, start = peak_bytes() or 0, time.perf_counter()
            try:
                with time_limit(MOST_SECONDS):
                    n_read += read_or_refuse(reader, folder)
                taken = _bounded((peak_bytes() or 0) - before)
            except Exception as error:
                kept = Path(name).parent / f"fuzz-{reader.name.replace(' ', '-')}-{number}"
                kept.write_bytes(content)
                what = f"{type(error).__name__}: {str(error)[:300]}"
                raise AssertionError(f"{reader.name}, input {number} ({kept}): {what}") from error
            slowest_s, most = max(slowest_s, time.perf_counter() - start), max(most, taken)
            (folder / inner).write_bytes(good[inner])
    return FuzzCount(reader.name, n_read, count - n_read, round(slowest_s, 3), most)


def fuzz_reader_apart(reader: FuzzedReader, count: int) -> FuzzCount:
    """Do the same in a process of its own, whose memory is limited."""
    command = [sys.executable, "-W", "error", "-m", "support.fuzz_run", reader.name, str(count)]
    # The tree that this file is in, not one that happens to be installed.
    paths = {"PYTHONPATH": os.pathsep.join([str(_TESTS.parent), str(_TESTS)])}
    done = subprocess.run(
        command, cwd=_TESTS, env=os.environ | paths, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    return FuzzCount(**json.loads(done.stdout))


if __name__ == "__main__":
    warnings.simplefilter("error")
    (chosen,) = (reader for reader in READERS if reader.name == sys.argv[1])
    limit_memory(MOST_BYTES)
    print(json.dumps(asdict(fuzz_reader(chosen, int(sys.argv[2])))))  # noqa: T201
