"""What can be wrong with the options of a configuration once it is read."""

import re
from collections.abc import Iterator

from uwsgiconf.catalogue import Option
from uwsgiconf.contradictions import DEFAULTS, INVOLVED, refuse_contradictions
from uwsgiconf.dialects import Entry, Evaluation
from uwsgiconf.dialects.problems import HAVE_REFERENCES_OF_THEIR_OWN
from uwsgiconf.entries import Entries, Verbatim
from uwsgiconf.exceptions import ConfigurationError

from .fault import Fault, FaultKind
from .knowledge import Knowledge
from .values import what_is_taken

_NUMBER = re.compile("[0-9]{1,18}")


def faults_of_names(evaluation: Evaluation, knowledge: Knowledge) -> Iterator[Fault]:
    """Options that this uWSGI does not have: unknown, not released, or of a plugin that is not there."""
    own_names = evaluation.references.used | set(_names_set(evaluation))
    is_strict = any(entry.name == "strict" and entry.is_on for entry in evaluation.entries)
    loads_by_itself = any(entry.name == "autoload" and entry.is_on for entry in evaluation.entries)
    for entry in _written(evaluation):
        option = knowledge.find(entry.name)
        if knowledge.has(entry.name) or entry.name in evaluation.declared:
            continue
        if option is None:
            if is_strict or entry.name not in own_names:
                yield _unknown(entry, knowledge, is_own=entry.name in own_names)
        elif not option.is_in(knowledge.version) and not option.for_emperor:
            yield _unreleased(entry, option, knowledge)
        elif option.plugin == "core" and knowledge.is_of_binary:
            yield _not_built(entry)
        elif not loads_by_itself and not _has_plugin(evaluation.plugins, option.plugin):
            yield _missing_plugin(entry, option)


def faults_of_values(evaluation: Evaluation, knowledge: Knowledge) -> Iterator[Fault]:
    """Values of another kind than their option takes."""
    for entry in _written(evaluation):
        option = knowledge.find(entry.name)
        wanted = what_is_taken(option, entry.value) if option is not None else None
        if wanted is not None:
            yield _fault(entry, "wrong-kind", wanted, _said(entry), f"Give {entry.name} {wanted}.")


def faults_of_repetition(evaluation: Evaluation, knowledge: Knowledge) -> Iterator[Fault]:
    """Options given again in the same section of the same file, where uWSGI takes the last.

    A file that overrides what it included means to, and so does a condition that overrides what stands outside it.
    """
    first: dict[tuple[int, str], Entry] = {}
    for entry in evaluation.entries:
        option = knowledge.find(entry.name)
        if option is None or option.repeatable or entry.spent or entry.conditional or not entry.reading:
            continue
        earlier = first.setdefault((entry.reading, entry.name), entry)
        if earlier is not entry:
            found = f"{_said(entry)} after {_said(earlier)} on line {earlier.line}"
            remedy = f"Remove the line that is not meant: uWSGI takes the last one, {entry.value!r}."
            yield _fault(entry, "given-again", f"{entry.name} once", found, remedy)


def faults_of_placeholders(evaluation: Evaluation) -> Iterator[Fault]:
    """References to options or placeholders that are not there."""
    told: set[tuple[str, int, str]] = set()
    for entry, name in evaluation.references.undefined:
        key = (entry.file, entry.line, name)
        if entry.name in HAVE_REFERENCES_OF_THEIR_OWN or key in told:
            continue
        told.add(key)
        wanted = f"an option or placeholder {name!r} for %({name})"
        if name == "_":
            wanted, remedy = "%(_) under a condition or in a loop", "Put if-... or for... above it, and its end below."
        else:
            remedy = f"Define it with set-placeholder = {name}=..., or correct the name."
        yield _fault(entry, "undefined-placeholder", wanted, "none", remedy)


def faults_of_contradiction(evaluation: Evaluation) -> Iterator[Fault]:
    """Numbers that are each right and together, or with uWSGI's defaults, end uWSGI at its start."""
    entries = Entries()
    written = {entry.name for entry in _written(evaluation)}
    for names, default in DEFAULTS.items():
        if written.isdisjoint(names):
            entries.set(names[0], Verbatim(default))
    last: dict[str, Entry] = {}
    for entry in evaluation.acted_upon():
        if entry.name in INVOLVED and _NUMBER.fullmatch(entry.value):
            entries.set(entry.name, Verbatim(entry.value))
            last[entry.name] = entry
    try:
        refuse_contradictions(entries)
    except ConfigurationError as error:
        # What the error is about may be a default, which stands nowhere; then it is about the other one.
        about = [entry for part in (error.thing, error.wanted) for name, entry in last.items() if f"`{name}`" in part]
        entry = about[0]
        yield _fault(entry, "contradiction", error.wanted, error.found, error.remedy)


def _written(evaluation: Evaluation) -> Iterator[Entry]:
    """Every option that stands in a file, also where a condition that does not hold here skips it."""
    for entry in evaluation.entries:
        if entry.file and not entry.placeholder:
            yield entry
            yield from entry.stands_for
    yield from evaluation.skipped


def _names_set(evaluation: Evaluation) -> Iterator[str]:
    for entry in evaluation.entries:
        if entry.name == "set":
            yield entry.value.partition("=")[0]


def _has_plugin(plugins: set[str], plugin: str) -> bool:
    """Whether a plugin is there; distributions call it after its version, as in python311."""
    return plugin in plugins or plugin == "core" or any(name.rstrip("0123456789.") == plugin for name in plugins)


def _unknown(entry: Entry, knowledge: Knowledge, *, is_own: bool) -> Fault:
    wanted = f"an option of uWSGI {knowledge.version}"
    if is_own:
        remedy = (
            f"Define it with set-placeholder = {entry.name}=...: strict refuses placeholders that look like options."
        )
    elif near := knowledge.nearest(entry.name):
        remedy = f"Did you mean {' or '.join(near)}?"
    else:
        remedy = f"Remove it, or define it with set-placeholder = {entry.name}=... if your application reads it."
    return _fault(entry, "unknown-option", wanted, f"{entry.name!r}, which it does not know", remedy)


def _unreleased(entry: Entry, option: Option, knowledge: Knowledge) -> Fault:
    found = f"{entry.name!r}, which only the unreleased {option.since} has"
    return _fault(entry, "unreleased-option", f"an option of uWSGI {knowledge.version}", found, "Remove it.")


def _not_built(entry: Entry) -> Fault:
    remedy = "Remove it, or use a uWSGI that was built with it."
    return _fault(entry, "unknown-option", "an option of this binary", f"{entry.name!r}, which it lacks", remedy)


def _missing_plugin(entry: Entry, option: Option) -> Fault:
    wanted = f"the plugin {option.plugin}, which has the option {entry.name!r}"
    found = "that it is neither built in nor loaded"
    return _fault(entry, "missing-plugin", wanted, found, f"Put plugin = {option.plugin} above this line.")


def _fault(entry: Entry, kind: FaultKind, wanted: str, found: str, remedy: str) -> Fault:
    return Fault(entry.file, entry.line, kind, entry.name, wanted, found, remedy)


def _said(entry: Entry) -> str:
    return f"{entry.name} = {entry.value}" if entry.value else f"{entry.name} without a value"
