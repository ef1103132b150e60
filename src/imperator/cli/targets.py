"""What a word of the command line that is no option means: where vassals come from, or a file of the Emperor's own."""

from __future__ import annotations

import os
import re

from imperator.errors import SettingsError

__all__ = ["CONFIGURATION_ENDINGS", "PYTHON_ENDING", "check_target", "is_configuration_file", "not_an_emperors"]

PYTHON_ENDING = ".py"
CONFIGURATION_ENDINGS = (".ini", ".yml", ".yaml", ".js", ".json", ".xml", PYTHON_ENDING)

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_GLOB = re.compile(r"[*?\[]")


def is_configuration_file(word: str) -> bool:
    """Whether a target is a file, perhaps with ``:section``, whose ending is one of a configuration's."""
    path, colon, _ = word.rpartition(":")
    candidates = (word, path) if colon else (word,)
    return any(name.endswith(CONFIGURATION_ENDINGS) and os.path.isfile(name) for name in candidates)


def check_target(word: str, directory: str | None) -> SettingsError | None:
    """Return what is wrong with a target, as far as can be seen at once: a word that is nothing is a slip of the hand.

    :param word: A target of the command line.
    :param directory: Where relative ones start. None: here.
    """
    place = os.path.join(directory or "", word)
    if directory is not None and not os.path.isdir(directory):
        return None  # that is what is wrong then, and is told when it is entered
    if _SCHEME.match(word) or os.path.isdir(place) or (_GLOB.search(word) and not os.path.lexists(place)):
        return None
    if os.path.lexists(place):
        found, remedy = "a file that is neither", f"Name the directory it is in, or a pattern: '*{_ending(word)}'."
    else:
        found, remedy = "nothing of that name", "Create it first, or write --emperor before it to wait for it."
    wanted = "a directory, a quoted glob, a scheme:// URL or an Emperor's configuration file"
    return SettingsError(f"target {word!r}", wanted=wanted, found=found, remedy=remedy)


def not_an_emperors(files: list[str]) -> SettingsError:
    """Tell that configuration files name no ``emperor``: most likely the shell expanded a pattern to vassals.

    :param files: Their names; at least one.
    """
    shown = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return SettingsError(
        f"target {shown}",
        wanted="an Emperor's configuration, with emperor = ... in its section [uwsgi]",
        found="no emperor option: a vassal's configuration",
        remedy=f"To run vassals, name their directory, or quote the pattern: imperator '*{_ending(files[0])}'.",
    )


def _ending(word: str) -> str:
    return os.path.splitext(word.partition(":")[0])[1]
