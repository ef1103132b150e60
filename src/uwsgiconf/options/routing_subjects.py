"""What a routing rule looks at before it does something."""

from __future__ import annotations

from typing import ClassVar, Self

from ..exceptions import ConfigurationError
from ..values import ParametrizedValue, one_word
from .routing_vars import Func, Var


class SubjectCustom(ParametrizedValue):
    """Anything with variables, and a check of it, which uWSGI does not do without::

        subjects.custom(vars.request("REMOTE_ADDR")).eq("127.0.0.1")

    :param subject: A text with variables, or a variable.
    :param negate: The rule applies when the check fails; `~subject` says the same.
    """

    args_joiner = ";"

    def __init__(self, subject: Var | Func | str, *, negate: bool = False) -> None:
        super().__init__()
        self.subject = subject
        self.negate = negate
        self._condition = ""

    @property
    def written_name(self) -> str:
        """The check, as uWSGI calls it."""
        return self._condition

    def __invert__(self) -> Self:
        self.negate = not self.negate
        return self

    def __str__(self) -> str:
        text = super().__str__()
        if " " in text:
            raise ConfigurationError(
                "RouteRule: `subject`",
                wanted="a check without blanks, at which uWSGI would end it",
                found=repr(text),
                remedy=r"Use .matches(), where \x20 stands for a blank.",
            )
        return text

    def _check(self, condition: str, *args: object) -> Self:
        self._condition = condition
        self.args = [self.subject, *args]
        return self

    def exists(self) -> Self:
        """Whether there is such a file or directory."""
        return self._check("exists")

    def isfile(self) -> Self:
        """Whether it is a file."""
        return self._check("isfile")

    def isdir(self) -> Self:
        """Whether it is a directory."""
        return self._check("isdir")

    def islink(self) -> Self:
        """Whether it is a symbolic link."""
        return self._check("islink")

    def isexec(self) -> Self:
        """Whether it is a file that can be executed."""
        return self._check("isexec")

    def islord(self) -> Self:
        """Whether this instance is the lord of the legion of that name."""
        return self._check("lord")

    def contains_ipv4(self) -> Self:
        """Whether it is an IPv4 address in a network: `custom("${REMOTE_ADDR};10.0.0.0/8").contains_ipv4()`."""
        return self._check("ipv4in")

    def contains_ipv6(self) -> Self:
        """Whether it is an IPv6 address in a network: `custom("${REMOTE_ADDR};fe80::/10").contains_ipv6()`."""
        return self._check("ipv6in")

    def eq(self, val: object) -> Self:
        """Whether it is equal to a text.

        :param val: The text.
        """
        return self._check("eq", val)

    def ge(self, val: object) -> Self:
        """Whether it is a number of at least so much.

        :param val: The number.
        """
        return self._check("ishigherequal", val)

    def le(self, val: object) -> Self:
        """Whether it is a number of at most so much.

        :param val: The number.
        """
        return self._check("islowerequal", val)

    def gt(self, val: object) -> Self:
        """Whether it is a higher number.

        :param val: The number.
        """
        return self._check("ishigher", val)

    def lt(self, val: object) -> Self:
        """Whether it is a lower number.

        :param val: The number.
        """
        return self._check("islower", val)

    def startswith(self, val: object) -> Self:
        """Whether it starts with a text.

        :param val: The text.
        """
        return self._check("startswith", val)

    def endswith(self, val: object) -> Self:
        """Whether it ends with a text.

        :param val: The text.
        """
        return self._check("endswith", val)

    def matches(self, regexp: str) -> Self:
        """Whether it matches a regular expression.

        :param regexp: The regular expression.
        """
        return self._check("regexp", one_word(regexp))

    def isempty(self) -> Self:
        """Whether it is empty."""
        return self._check("empty")

    def contains(self, val: object) -> Self:
        """Whether it contains a text.

        :param val: The text.
        """
        return self._check("contains", val)


class SubjectBuiltin:
    """A part of the request, which uWSGI finds quicker than a variable.

    :param regexp: Regular expression that it has to match.
    """

    name: ClassVar[str | None] = None

    def __init__(self, regexp: str) -> None:
        self.regexp = regexp

    def __str__(self) -> str:
        return one_word(self.regexp)


class SubjectPathInfo(SubjectBuiltin):
    """The path; what a plain text stands for."""

    name = ""


class SubjectRequestUri(SubjectBuiltin):
    """The path with the query."""

    name = "uri"


class SubjectQueryString(SubjectBuiltin):
    """The query."""

    name = "qs"


class SubjectRemoteAddr(SubjectBuiltin):
    """The address of the client."""

    name = "remote-addr"


class SubjectRemoteUser(SubjectBuiltin):
    """The user who authenticated."""

    name = "remote-user"


class SubjectHttpHost(SubjectBuiltin):
    """The host that was asked for."""

    name = "host"


class SubjectHttpReferer(SubjectBuiltin):
    """The page that led here."""

    name = "referer"


class SubjectHttpUserAgent(SubjectBuiltin):
    """The client's program."""

    name = "user-agent"


class SubjectStatus(SubjectBuiltin):
    """The HTTP status of the response; not in the stage `REQUEST`, where there is none yet."""

    name = "status"
