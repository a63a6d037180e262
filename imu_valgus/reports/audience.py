"""Whom a page is for."""

from enum import StrEnum

__all__ = ["Audience"]


class Audience(StrEnum):
    """Whom a page is for."""

    PROFESSIONAL = "professional"
    PARTICIPANT = "participant"
