"""What of the package's log reaches the terminal."""

import logging
import sys
from collections.abc import Sequence
from typing import Final

from imu_valgus.cli.console import printable

_TOLD: Final = ("imu_valgus.pipeline", "imu_valgus.store")
"""Their warnings are for everybody: the recorder and the readers have their own ways to speak."""


def show_log(verbosity: int) -> None:
    """Print the package's log on stderr.

    Parameters
    ----------
    verbosity
        0 prints only what concerns everybody, 1 (``-v``) what is being done, 2 (``-vv``) all.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_printable)
    package = logging.getLogger("imu_valgus")
    for logger in (package, *map(logging.getLogger, _TOLD)):
        for other in [other for other in logger.handlers if type(other) is logging.StreamHandler]:
            logger.removeHandler(other)  # of an earlier command in this process
    if verbosity == 0:
        handler.setFormatter(logging.Formatter("Note: %(message)s"))
        handler.setLevel(logging.WARNING)
        for name in _TOLD:
            logging.getLogger(name).addHandler(handler)
        return
    handler.setFormatter(logging.Formatter("%(relativeCreated)7.0f ms  %(name)s: %(message)s"))
    handler.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    package.addHandler(handler)
    package.setLevel(logging.DEBUG)


def _printable(record: logging.LogRecord) -> bool:
    record.msg, record.args = printable(record.getMessage()), None
    return True


def global_options_first(arguments: Sequence[str]) -> list[str]:
    """Let ``-v`` and ``--log-file`` stand anywhere, not only before the subcommand.

    Parameters
    ----------
    arguments
        Arguments of the command line, without the name of the program.

    Returns
    -------
    list of str
        The same arguments with these options first; what follows ``--`` keeps its place.

    Examples
    --------
    >>> global_options_first(["analyse", "walk", "-v", "--log-file", "a.log"])
    ['-v', '--log-file', 'a.log', 'analyse', 'walk']
    """
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            rest += [argument, *remaining]
            break
        if argument in {"-v", "-vv", "--verbose"} or argument.startswith("--log-file="):
            front.append(argument)
        elif argument == "--log-file" and remaining:
            front += [argument, remaining.pop(0)]
        else:
            rest.append(argument)
    return front + rest
