"""Coverage-guided fuzzing of one reader with atheris, for nights; pytest does not collect it.

    pip install atheris
    PYTHONPATH=.:tests python tests/fuzz/coverage_guided.py "plain session.toml" -max_total_time=600

Everything after the name of the reader goes to libFuzzer. The corpus begins with our own files and
grows in ``fuzz_corpus/<reader>`` (or the folder given as the first further argument); an input that
gives anything but a result or one sentence is written to ``crash-...`` and ends the run.
"""

import os
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

_MOST_BYTES = 1 << 17
_INSTRUMENTED = ["imu_valgus", "tomllib", "json"]


def main(arguments: list[str]) -> None:
    """Fuzz the reader that the first argument names."""
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from support.fuzz_files import spoilt
        from support.fuzz_readers import READERS
        from support.fuzz_run import read_or_refuse

    readers = {reader.name: reader for reader in READERS}
    if not arguments or arguments[0] not in readers:
        sys.exit(f"Name one of the readers: {', '.join(readers)}.")
    name, *rest = arguments
    reader = readers[name]
    good = reader.make()
    inner = next(file for file in good if file.endswith(reader.spoil))
    if not rest or rest[0].startswith("-"):
        rest.insert(0, f"fuzz_corpus/{name.replace(' ', '_')}")
    corpus = Path(rest[0])
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "good").write_bytes(good[inner])

    with TemporaryDirectory() as place:
        folder = Path(place) / "session"
        for file, content in good.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)

        def read_one(data: bytes) -> None:
            (folder / inner).write_bytes(data)
            read_or_refuse(reader, folder)

        def mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
            rng = random.Random(seed)
            if rng.random() < 0.5:
                return bytes(atheris.Mutate(data, most_bytes))
            return spoilt(inner, data, rng)[:most_bytes]

        limits = ["-timeout=10", "-rss_limit_mb=1500", f"-max_len={_MOST_BYTES}"]
        program = os.fspath(Path(__file__))
        atheris.Setup([program, *rest, *limits], read_one, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
