"""Mules and farms: processes that get messages."""

from __future__ import annotations

__all__ = ["farm_get_msg", "farm_msg", "in_farm", "mule_get_msg", "mule_id", "mule_msg"]


def mule_id() -> int:
    """Tell the number of this mule, from 1; 0 if this is no mule."""
    return 0


def mule_msg(message: str | bytes, mule_farm: bytes | int | None = None) -> bool:
    """Send a message to a mule, or to a farm.

    :param message: The message, below 64 KiB.
    :param mule_farm: Number of a mule, or name of a farm. Default: the first mule that is free.
    :return: Whether it was taken; a full queue does not.
    :raises ValueError: There are no mules, or there is no such farm.
    """
    return False


def mule_get_msg(
    signals: bool | None = None, farms: bool | None = None, buffer_size: int = 65536, timeout: int = -1
) -> bytes | None:
    """Wait for a message to this mule.

    :param signals: Whether to leave signals to uWSGI.
    :param farms: Whether to take messages to its farms too.
    :param buffer_size: Bytes of a message that are taken.
    :param timeout: Seconds to wait; -1: forever.
    :return: The message; None if something else ended the wait.
    :raises ValueError: This is no mule.
    """


def farm_msg(farm: str, message: str | bytes) -> None:
    """Send a message to a farm; one that is not there is ignored.

    :param farm: Its name.
    :param message: The message.
    """


def farm_get_msg() -> bytes | None:
    """Wait for a message to a farm of this mule.

    :raises ValueError: This is no mule.
    """


def in_farm(name: str) -> bool | None:
    """Tell whether this mule belongs to a farm: True, or None.

    :param name: The farm.
    """
