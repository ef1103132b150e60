"""What `uwsgiconf` raises.

An error about a configuration has four parts: which thing it is about, what was wanted of it, what was found instead,
and what to do. They are attributes, for programs; `str(error)` puts them into a few lines, for people.
"""


class UwsgiconfException(Exception):  # noqa: N818 - the documented name
    """Base of everything this package raises on purpose."""


class ConfigurationError(UwsgiconfException):
    """A configuration says something that uWSGI would refuse or misunderstand.

    :param thing: Which thing the error is about: a call, an option, a place in a file.
    :param wanted: What it takes.
    :param found: What it was given.
    :param remedy: What to do about it.
    """

    def __init__(self, thing: str, *, wanted: str = "", found: str = "", remedy: str = "") -> None:
        super().__init__(thing, wanted, found, remedy)
        self.thing = thing
        self.wanted = wanted
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        demand = [f"wanted {self.wanted}"] if self.wanted else []
        demand += [f"found {self.found}"] if self.found else []
        lines = [f"{self.thing}: {', '.join(demand)}" if demand else self.thing]
        lines += [f"  {self.remedy}"] if self.remedy else []
        return "\n".join(lines)


class RuntimeConfigurationError(ConfigurationError, ValueError):
    """Something was asked of a running uWSGI that its configuration does not provide for.

    It is a `ValueError` too, as what uWSGI itself raises then.
    """
