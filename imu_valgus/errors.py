"""Every error that imu_valgus raises on purpose.

::

    ImuValgusError                base of all others
    ├── InputError                a file, folder or setting that cannot be used (exit code 2)
    ├── AlreadyCalibratedError    a sensor calibration applied a second time
    ├── DecodeError               bytes that are not a packet of the protocol
    ├── DeviceError               a sensor or radio that does not do what was asked
    ├── MissingExtraError         an optional part that is not installed
    └── NotComparableError        sessions that must not be compared

Messages say in plain words what is wrong and what to do, without tracebacks or Python terms.
"""


class ImuValgusError(Exception):
    """Base of all errors that imu_valgus raises on purpose."""


class InputError(ImuValgusError):
    """A file, folder or setting cannot be used; the message says why and what to do."""


class AlreadyCalibratedError(ImuValgusError):
    """A sensor calibration was about to be applied to samples that already carry one."""


class DecodeError(ImuValgusError):
    """Bytes do not form a packet of the protocol that should decode them."""


class DeviceError(ImuValgusError):
    """A sensor or radio did not do what was asked of it."""


class MissingExtraError(ImuValgusError):
    """A command needs an optional part that is not installed.

    Parameters
    ----------
    purpose
        What cannot be done without it, as the start of a sentence.
    extra
        Extra of the package that installs it.
    """

    def __init__(self, purpose: str, *, extra: str) -> None:
        super().__init__(
            f"{purpose} needs the optional part '{extra}'. "
            f"Install it with  pip install 'imu_valgus[{extra}]'."
        )


class NotComparableError(ImuValgusError):
    """Sessions differ in something that makes their numbers incomparable."""
