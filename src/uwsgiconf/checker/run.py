"""Checking one configuration: read it as uWSGI would, then look at it from every side."""

import os
from dataclasses import replace
from pathlib import Path

from uwsgiconf.dialects import DialectError, Evaluation, Host
from uwsgiconf.dialects.sources import Target

from . import rules
from .fault import Fault
from .knowledge import Knowledge


def check_file(target: str | Path, *, knowledge: Knowledge | None = None, host: Host | None = None) -> list[Fault]:
    """Everything that is wrong with a configuration file and the files it includes, in the order of their lines.

    :param target: The file, as `file` or `file:section`: ini, yaml, json or xml.
    :param knowledge: The uWSGI it is for; by default the newest release, built as by default.
    :param host: The machine and process it is for; by default this one.
    """
    return _check(os.fspath(target), None, knowledge, host)


def check_text(text: bytes, name: str, *, knowledge: Knowledge | None = None, host: Host | None = None) -> list[Fault]:
    """Everything that is wrong with a configuration that is in no file yet.

    :param text: The content.
    :param name: What the file would be called; its suffix says the dialect.
    :param knowledge: The uWSGI it is for; by default the newest release, built as by default.
    :param host: The machine and process it is for; by default this one.
    """
    return _check(name, text, knowledge, host)


def _check(target: str, text: bytes | None, knowledge: Knowledge | None, host: Host | None) -> list[Fault]:
    known = knowledge or Knowledge()
    faults: list[Fault] = []

    def refused(error: DialectError) -> None:
        faults.append(Fault.of_error(error, "refused"))

    def passed_over(error: DialectError) -> None:
        faults.append(Fault.of_error(error, "passed-over"))

    evaluation = Evaluation(host=replace(host or Host(), plugins=known.plugins), refuse=refused, remark=passed_over)
    try:
        evaluation.load(target, Target.parse(target).dialect, data=text)
    except DialectError as error:
        return [Fault.of_error(error, "unreadable")]
    evaluation.finish()
    for entry in evaluation.skipped:
        evaluation.references.note(entry)
    faults += rules.faults_of_names(evaluation, known)
    faults += rules.faults_of_values(evaluation, known)
    faults += rules.faults_of_repetition(evaluation, known)
    faults += rules.faults_of_placeholders(evaluation)
    faults += rules.faults_of_contradiction(evaluation)
    return _in_order(faults, evaluation)


def _in_order(faults: list[Fault], evaluation: Evaluation) -> list[Fault]:
    """Each once, by file in the order the files were read, then by line."""
    files: dict[str, int] = {}
    for entry in evaluation.entries:
        files.setdefault(entry.file, len(files))
    return sorted(dict.fromkeys(faults), key=lambda fault: (files.get(fault.file, -1), fault.file, fault.line))
