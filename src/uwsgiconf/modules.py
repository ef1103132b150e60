"""Configuration modules: Python files that describe uWSGI."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

from .config import as_configurations
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

    from .config import Configuration

#: The module that is meant when none is named.
USUAL_MODULE = "uwsgicfg.py"


class ModuleError(ConfigurationError):
    """A configuration module that does not describe uWSGI.

    :param file: The module.
    :param line: The line of it that is to blame, counted from 1; 0 if that is not known.
    :param wanted: What was expected of it.
    :param found: What happened instead.
    :param remedy: What to do about it.
    """

    def __init__(self, file: str, line: int, *, wanted: str, found: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}" if line else file, wanted=wanted, found=found, remedy=remedy)
        self.file = file
        self.line = line


def load_configurations(path: str) -> list[Configuration]:
    """What a configuration module describes.

    The module is run. Its directory, and the current one, can be imported from; what it prints goes to standard error,
    as standard output may be on its way into a file.

    :param path: The file. It sets `configuration` to a section, a configuration, a list of them or a function that
        returns one of these, or calls `configure_uwsgi`.
    :raises ModuleError: when it cannot be run, raises, or describes nothing.
    """
    with redirect_stdout(sys.stderr):
        module = _run(path)
        if not hasattr(module, "configuration"):
            raise ModuleError(
                path,
                0,
                wanted="a module that describes uWSGI",
                found="one without `configuration`",
                remedy="Call configure_uwsgi(...) at its end, or set configuration = Section(...).",
            )
        described = module.configuration
        if callable(described):
            try:
                described = described()
            except Exception as error:  # the code of others may raise anything
                raise _raised(path, error) from error
    try:
        return as_configurations(described)
    except ConfigurationError as error:
        raise ModuleError(path, 0, wanted=error.wanted, found=error.found, remedy=error.remedy) from error


def _run(path: str) -> ModuleType:
    full = os.path.abspath(path)
    specification = spec_from_file_location(os.path.splitext(os.path.basename(path))[0], full)
    if specification is None or specification.loader is None or not os.path.isfile(full):
        raise ModuleError(
            path,
            0,
            wanted="a Python configuration module",
            found="no such file" if not os.path.exists(full) else "something else",
            remedy=f"Name the module, or create {USUAL_MODULE} in this directory.",
        )
    module = module_from_spec(specification)
    importable = [entry for entry in (os.path.dirname(full), os.getcwd()) if entry not in sys.path]
    sys.path[:0] = importable
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the code of others may raise anything
        raise _raised(path, error) from error
    finally:
        for entry in importable:
            sys.path.remove(entry)
    return module


def _raised(path: str, error: BaseException) -> ModuleError:
    """What a module raised, at the line of the module that led to it."""
    if isinstance(error, ConfigurationError):
        wanted, found, remedy = error.wanted, f"{error.thing}: {error.found}", error.remedy
    else:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        wanted, found, remedy = "a module that runs to its end", text, "Mend the line; run the module with python."
    return ModuleError(path, _line_of(path, error), wanted=wanted, found=found, remedy=remedy)


def _line_of(path: str, error: BaseException) -> int:
    full = os.path.abspath(path)
    if isinstance(error, SyntaxError) and error.filename == full:
        return error.lineno or 0
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == full]
    return lines[-1] or 0 if lines else 0
