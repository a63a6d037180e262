"""Reads TOML that anyone may have written: in bounded time, with one sentence for each mistake."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from imu_valgus.errors import InputError
from imu_valgus.io.regular_file import brief, printable, read_regular

_LARGEST_COUNT: Final = 2**53

_MOST_BYTES: Final = 4_000_000
"""A recorded session of a day with 50 000 gaps; tomllib takes some seconds for it."""

_LONG_KEY: Final = re.compile(r"""(?:(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')\s*+\.\s*+){40}""")
"""tomllib takes quadratic time for a key of many parts (a.b.c. ...); no key of ours has three."""


def parse_toml(content: bytes) -> dict[str, Any]:
    """Parse a TOML document.

    Parameters
    ----------
    content
        Bytes of the file, in UTF-8 with or without a byte order mark.

    Returns
    -------
    dict
        The document.

    Raises
    ------
    ValueError
        If it is no TOML; also for what tomllib raises other errors for, such as tables nested a
        thousand times or integers of thousands of digits.
    """
    text = content.decode("utf-8-sig")
    if _LONG_KEY.search(text):
        raise ValueError("a key of more than 40 parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("tables or lists that are nested too deeply") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python's own limit, told in Python's words
        raise ValueError("a number of thousands of digits") from error


def load_toml(file: Path, *, inside: Path | None = None) -> dict[str, Any]:
    """Read and parse a TOML file; see `parse_toml` and ``regular_file.read_regular``.

    Parameters
    ----------
    file
        Path of the file.
    inside
        Folder that the path must not lead out of; None for no limit.

    Returns
    -------
    dict
        The document.
    """
    return parse_toml(read_regular(file, most_bytes=_MOST_BYTES, inside=inside))


@dataclass(frozen=True, slots=True)
class TomlTables:
    """Takes values of the right type from parsed tables; every error is a sentence.

    Parameters
    ----------
    source
        How messages name the file.
    advice
        What to do about a mistake, without the full stop.
    """

    source: str
    advice: str

    def error(self, what: str) -> InputError:
        """Make the error about a mistake."""
        return InputError(f"{self.source}: {what}. {self.advice}.")

    def fail(self, what: str) -> NoReturn:
        """Raise the error about a mistake."""
        raise self.error(what)

    def load(self, file: Path, *, inside: Path | None = None) -> dict[str, Any] | None:
        """Read and parse a file; return None if there is none."""
        try:
            return load_toml(file, inside=inside)
        except ValueError as error:
            what = printable(str(error), most=200)
            raise self.error(f"there is a mistake in the TOML ({what})") from error
        except FileNotFoundError as error:
            if file.is_symlink():
                raise self.error("the file cannot be read (it is a link to nothing)") from error
            return None
        except OSError as error:
            raise self.error(f"the file cannot be read ({error.strerror})") from error

    def tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """Return ``[[key]]`` tables, none if the key is missing."""
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.fail(f"`{key}` must be written as [[{key}]] tables")
        return found

    def text(self, table: Mapping[str, Any], key: str) -> str | None:
        """Return a text, None if the key is missing."""
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(f"`{key}` must be text, not {brief(value)}")
        return value

    def word(self, table: Mapping[str, Any], key: str) -> str:
        """Return a text that must be there."""
        value = self.text(table, key)
        if value is None:
            self.fail(f"`{key}` is missing")
        return value

    def texts(self, table: Mapping[str, Any], key: str) -> list[str]:
        """Return a list of texts, none if the key is missing."""
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.fail(f"`{key}` must be a list of texts, not {brief(values)}")
        return [printable(value, most=1000) for value in values]

    def number(self, table: Mapping[str, Any], key: str) -> float:
        """Return a finite number that must be there."""
        value = table.get(key)
        if value is None:
            self.fail(f"`{key}` is missing")
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"`{key}` must be a number, not {brief(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail(f"`{key}` must be a finite number, not {brief(value, most=20)}")
        return number

    def count(self, table: Mapping[str, Any], key: str) -> int:
        """Return a whole number from 0 on that must be there."""
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(f"`{key}` must be a whole number, not {brief(value)}")
        if not 0 <= value <= _LARGEST_COUNT:
            self.fail(f"`{key}` must be from 0 to {_LARGEST_COUNT}, not {brief(value, most=20)}")
        return value
