"""Whether a value is of the kind its option takes."""

import re

from uwsgiconf.catalogue import Option

_SWITCH = frozenset(("", "true", "false", "on", "off", "yes", "no", "1", "0"))
_NUMBER = re.compile(r"[+-]?[0-9]+")

#: What is replaced only later, so that nothing can be said about the value.
_LATER = ("%(", "$(", "@(")

#: Options of no general kind whose value has a form all the same.
_FORMS = {
    "chmod_socket": (re.compile(r"|1|[0-7]{3}|true"), "three octal digits, such as 660"),
    "logfile_chmod": (re.compile(r"[0-7]{3}"), "three octal digits, such as 640"),
    "set_placeholder": (re.compile(r"[^=]+=.*", re.DOTALL), "name=value"),
    "add_custom_option": (re.compile(r"[^=]+=.*", re.DOTALL), "name=template"),
    "set_env": (re.compile(r"[^=]+(=.*)?", re.DOTALL), "NAME=value, or NAME"),
}


def what_is_taken(option: Option, value: str) -> str | None:
    """What the option takes, in words, if this value is not of that kind; None if it is.

    :param option: As the catalogue describes it.
    :param value: What it was given, with all references replaced that can be.
    """
    if any(mark in value for mark in _LATER):
        return None
    if option.setter in _FORMS:
        form, words = _FORMS[option.setter]
        return None if form.fullmatch(value) else words
    if option.value == "bool":
        return None if value.lower() in _SWITCH else "true or false"
    if option.value == "int":
        return _wrong_number(option, value)
    if option.value == "dict" and not re.search("[= ]" if "regexp" in option.setter else "=", value):
        return "a pattern, a blank and a value" if "regexp" in option.setter else "name=value"
    if not value and option.argument == "required" and option.value in ("str", "list"):
        return "a value"
    return None


def _wrong_number(option: Option, value: str) -> str | None:
    """uWSGI reads as many digits as there are and ignores the rest: `10m` is 10, `true` is 0."""
    if not value and option.argument == "no":
        return "1, as uWSGI takes an option without a value for 0 here"
    words = "a whole number" if option.may_be_negative else "a whole number, 0 or more"
    if not _NUMBER.fullmatch(value):
        return words
    return words if value.startswith("-") and value.strip("-0") and not option.may_be_negative else None
