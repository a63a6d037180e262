"""Headings of the participant's page, the same on screen and on paper."""

from typing import Final

TITLE: Final = "Your movement page"
POSITIONS: Final = "Where you are in your own range"
TIMING: Final = "Has something changed?"
WENT_WELL: Final = "What went well"
TO_TRY: Final = "One thing to try"
CUE: Final = "Think of this next time"
DONE: Final = "Done so far"
