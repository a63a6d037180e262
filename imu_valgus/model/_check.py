"""One wording for all checks of value types; arrays become read-only copies here."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


def frozen_floats(values: npt.ArrayLike, *, name: str, shape: Sequence[int | None]) -> FloatArray:
    """Copy `values` to a read-only float array and check its shape (None: any length)."""
    array = np.array(values, dtype=np.float64, order="C")
    _check_shape(array.shape, name=name, shape=shape)
    array.flags.writeable = False
    return array


def frozen_bools(values: npt.ArrayLike, *, name: str, shape: Sequence[int | None]) -> BoolArray:
    """Copy `values` to a read-only boolean array and check its shape (None: any length)."""
    array = np.array(values, dtype=np.bool_, order="C")
    _check_shape(array.shape, name=name, shape=shape)
    array.flags.writeable = False
    return array


def _check_shape(found: tuple[int, ...], *, name: str, shape: Sequence[int | None]) -> None:
    fits = len(found) == len(shape) and all(
        want is None or want == have for want, have in zip(shape, found, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join("n" if want is None else str(want) for want in shape) + ")"
        msg = f"Expected `{name}` to have shape {wanted}, got {found}."
        raise ValueError(msg)


def check_increasing(time_s: FloatArray, *, name: str = "time_s") -> None:
    """Raise unless the times are finite and strictly increasing."""
    if not np.isfinite(time_s).all():
        msg = f"Expected `{name}` to be finite, got {np.count_nonzero(~np.isfinite(time_s))} holes."
        raise ValueError(msg)
    if time_s.size > 1 and not (np.diff(time_s) > 0).all():
        where = int(np.argmin(np.diff(time_s) > 0))
        msg = f"Expected `{name}` to increase strictly, got a step back after sample {where}."
        raise ValueError(msg)
