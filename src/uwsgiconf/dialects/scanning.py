"""The part of a text that uWSGI reads when it is asked for one section of it."""

from collections.abc import Callable, Iterable

from . import ini, json, xml, yaml
from .faults import Problem
from .items import USUAL_SECTION, BrokenTextError, Remark, Scan
from .sources import Dialect

_SCANNERS: dict[Dialect, Callable[[str], Scan]] = {
    "ini": ini.scan,
    "yaml": yaml.scan,
    "json": json.scan,
    "xml": xml.scan,
}

#: Dialects in which uWSGI gives up without the section it was asked for; in the others it goes on without any options.
_NEED_SECTION = ("json", "xml")


def scan(dialect: Dialect, text: str) -> Scan:
    """Read every section of a text.

    :raises BrokenTextError: when the text is not in that dialect.
    """
    return _SCANNERS[dialect](text)


def scan_section(dialect: Dialect, text: str, section: str) -> Scan:
    """Read one section of a text.

    :param section: Its name; empty for the usual one.
    :raises BrokenTextError: when uWSGI would give up on the text.
    """
    if dialect == "xml":
        return xml.scan_stanza(text, section)
    wanted = section or USUAL_SECTION
    everything = scan(dialect, text)
    items = [item for item in everything.items if item.section == wanted]
    remarks = [remark for remark in everything.remarks if remark.section in (wanted, "")]
    if wanted not in everything.sections:
        problem = _missing(wanted, everything.sections)
        if dialect in _NEED_SECTION:
            raise BrokenTextError(0, problem)
        remarks.append(Remark(wanted, 0, problem))
    return Scan(items, everything.sections, remarks, everything.comments)


def _missing(section: str, sections: Iterable[str]) -> Problem:
    known = [name for name in sections if name]
    return Problem(
        wanted=f"a section {section!r}",
        found=f"the sections {', '.join(known)}" if known else "no section",
        remedy=f"Name the section after the file, as in file:{known[0] if known else section}, or add this one.",
    )
