"""Checks shared by the value types: arrays and mappings become read-only copies here."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

_Array = TypeVar("_Array", FloatArray, BoolArray)


def freeze_floats(instance: object, **shapes: Sequence[int | None]) -> None:
    """Turn fields of a frozen dataclass into read-only float arrays of the given shapes."""
    for name, shape in shapes.items():
        frozen = frozen_floats(getattr(instance, name), name=name, shape=shape)
        object.__setattr__(instance, name, frozen)


def freeze_mappings(instance: object, *names: str) -> None:
    """Turn fields of a frozen dataclass into read-only copies of the mappings they hold."""
    for name in names:
        object.__setattr__(instance, name, MappingProxyType(dict(getattr(instance, name))))


def frozen_floats(values: npt.ArrayLike, *, name: str, shape: Sequence[int | None]) -> FloatArray:
    """Copy `values` to a read-only float array and check its shape (None: any length)."""
    return _frozen(np.array(values, dtype=np.float64, order="C"), name, shape)


def frozen_bools(values: npt.ArrayLike, *, name: str, shape: Sequence[int | None]) -> BoolArray:
    """Copy `values` to a read-only boolean array and check its shape (None: any length)."""
    return _frozen(np.array(values, dtype=np.bool_, order="C"), name, shape)


def check_increasing(time_s: FloatArray, *, name: str = "time_s") -> None:
    """Raise ValueError unless the times are finite and strictly increasing."""
    if not np.isfinite(time_s).all():
        holes = np.count_nonzero(~np.isfinite(time_s))
        raise ValueError(f"Expected `{name}` to be finite, got {holes} holes.")
    if time_s.size > 1 and not (np.diff(time_s) > 0).all():
        where = int(np.argmin(np.diff(time_s) > 0))
        raise ValueError(
            f"Expected `{name}` to increase strictly, got a step back after sample {where}."
        )


def _frozen(array: _Array, name: str, shape: Sequence[int | None]) -> _Array:
    fits = len(array.shape) == len(shape) and all(
        length in (None, found) for length, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = "(" + ", ".join("n" if length is None else str(length) for length in shape) + ")"
        raise ValueError(f"Expected `{name}` to have shape {expected}, got {array.shape}.")
    array.flags.writeable = False
    return array
