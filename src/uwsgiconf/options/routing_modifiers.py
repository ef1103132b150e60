"""Modifiers: which plugin a request is for, and what it asks of it."""

from __future__ import annotations

from typing import ClassVar

from ..exceptions import ConfigurationError

#: What a second modifier can be.
RANGE_255 = list(range(256))


class Modifier:
    """Says which plugin a request is for.

    :param submod: The second modifier, which the plugin interprets: 0 to 255, one of `subcodes` where there are any.
    :raises ConfigurationError: The second modifier is none of these.
    """

    #: The first modifier.
    code: ClassVar[int | None] = None
    #: What the second modifier can be; None for a modifier that has no second one of its own.
    subcodes: ClassVar[list[int] | None] = None

    def __init__(self, submod: int | None = None) -> None:
        possible = self.subcodes if self.subcodes is not None else RANGE_255
        if submod is not None and submod not in possible:
            raise ConfigurationError(
                f"{type(self).__name__}: `submod`",
                wanted="0 to 255" if possible == RANGE_255 else f"one of {', '.join(map(str, possible))}",
                found=repr(submod),
                remedy="Leave it out, or use one of the names that begin with SUB_.",
            )
        self._submod = submod

    @property
    def submod(self) -> int | None:
        """The second modifier, None if there is none."""
        return self._submod

    def __str__(self) -> str:
        return f"{self.code}" if self.submod is None else f"{self.code},{self.submod}"


class ModifierWsgi(Modifier):
    """A WSGI request, answered by Python."""

    code = 0
    subcodes = RANGE_255


class ModifierPsgi(Modifier):
    """A PSGI request, answered by Perl."""

    code = 5
    subcodes = RANGE_255


class ModifierLua(Modifier):
    """A request answered by Lua."""

    code = 6
    subcodes = RANGE_255


class ModifierRack(Modifier):
    """A Rack request, answered by Ruby."""

    code = 7
    subcodes = RANGE_255


class ModifierJvm(Modifier):
    """A request answered by Java or Clojure."""

    code = 8
    #: Answered by Clojure's Ring.
    SUB_RING = 1
    subcodes = [0, 1]  # noqa: RUF012 - a constant


class ModifierCgi(Modifier):
    """A request answered by a CGI script."""

    code = 9
    subcodes = RANGE_255


class ModifierManage(Modifier):
    """A command to the instance; the second modifier says which one."""

    code = 10
    subcodes = RANGE_255


class ModifierGccgo(Modifier):
    """A request answered by Go."""

    code = 11


class ModifierPhp(Modifier):
    """A request answered by PHP."""

    code = 14
    subcodes = RANGE_255


class ModifierMono(Modifier):
    """A request answered by ASP.NET on Mono."""

    code = 15
    subcodes = RANGE_255


class ModifierSpooler(Modifier):
    """A task for a spooler."""

    code = 17
    subcodes = RANGE_255


class ModifierSymcall(Modifier):
    """A call of a C function."""

    code = 18
    subcodes = RANGE_255


class ModifierSsi(Modifier):
    """A request answered by a page with server side includes."""

    code = 19


class ModifierEval(Modifier):
    """Code to run; what it returns is no response, but may be a raw HTTP one. The second modifier names the
    language."""

    code = 22
    #: Perl.
    SUB_PERL = 5
    #: Python.
    SUB_PYTHON = 0
    subcodes = RANGE_255


class ModifierXslt(Modifier):
    """A request answered by an XSLT transformation."""

    code = 23
    subcodes = RANGE_255


class ModifierV8(Modifier):
    """A request answered by JavaScript."""

    code = 24
    subcodes = RANGE_255


class ModifierGridfs(Modifier):
    """A request answered with a file of GridFS."""

    code = 25
    subcodes = RANGE_255


class ModifierFastfunc(Modifier):
    """A call of the fast function whose number is the second modifier."""

    code = 26
    subcodes = RANGE_255


class ModifierGlusterfs(Modifier):
    """A request answered with a file of GlusterFS."""

    code = 27
    subcodes = RANGE_255


class ModifierRados(Modifier):
    """A request answered with an object of RADOS."""

    code = 28
    subcodes = RANGE_255


class ModifierManagePathInfo(Modifier):
    """As `ModifierWsgi`, with the script's name taken off the path."""

    code = 30


class ModifierMessage(Modifier):
    """A message."""

    code = 31
    subcodes = RANGE_255


class ModifierMessageArray(Modifier):
    """A message that is an array of texts."""

    code = 32
    subcodes = RANGE_255


class ModifierMessageMarshal(Modifier):
    """A message that is a serialized object."""

    code = 33
    subcodes = RANGE_255


class ModifierWebdav(Modifier):
    """A WebDAV request."""

    code = 35


class ModifierSnmp(Modifier):
    """An SNMP request or response."""

    code = 48


class ModifierRaw(Modifier):
    """A raw HTTP response."""

    code = 72


class ModifierMulticastAnnounce(Modifier):
    """An announcement to all."""

    code = 73


class ModifierMulticast(Modifier):
    """A message to all."""

    code = 74
    subcodes = RANGE_255


class ModifierClusterNode(Modifier):
    """A change of a cluster's node. To add one, its host name, address and workers have to be told."""

    code = 95
    #: Add it.
    SUB_ADD = 0
    #: Disable it.
    SUB_DISABLE = 3
    #: Enable it.
    SUB_ENABLE = 2
    #: Remove it.
    SUB_REMOVE = 1
    subcodes = [0, 1, 2, 3]  # noqa: RUF012 - a constant


class ModifierRemoteLogging(Modifier):
    """A log message of another machine."""

    code = 96
    subcodes = RANGE_255


class ModifierReloadBrutal(Modifier):
    """Reload at once."""

    code = 97


class ModifierReload(Modifier):
    """Reload gracefully."""

    code = 98
    #: It was done.
    SUB_CONFIRMATION = 1
    #: Do it.
    SUB_REQUEST = 0
    subcodes = [0, 1]  # noqa: RUF012 - a constant


class ModifierConfigFromNode(Modifier):
    """Ask another node for its configuration."""

    code = 99
    subcodes = [0, 1]  # noqa: RUF012 - a constant


class ModifierPing(Modifier):
    """Ask whether somebody is there."""

    code = 100
    #: The question.
    SUB_PING = 0
    #: The answer.
    SUB_PONG = 1
    subcodes = [0, 1]  # noqa: RUF012 - a constant


class ModifierEcho(Modifier):
    """Send back what came."""

    code = 101
    subcodes = RANGE_255


class ModifierLegionMsg(Modifier):
    """A message between the nodes of a legion, encrypted."""

    code = 109
    subcodes = RANGE_255


class ModifierSignal(Modifier):
    """A uWSGI signal; the second modifier is its number."""

    code = 110
    subcodes = RANGE_255


class ModifierCache(Modifier):
    """An operation on a cache."""

    code = 111
    #: Delete an item.
    SUB_DELETE = 2
    #: Get an item, asked for by a dict.
    SUB_DICT_BASED = 3
    #: Get all items.
    SUB_DUMP = 6
    #: Get an item of up to 64 KiB.
    SUB_GET = 0
    #: What plugins use to reach caches elsewhere.
    SUB_MAGIC = 17
    #: Set an item of up to 64 KiB.
    SUB_SET = 1
    #: Get an item, sent as it is read.
    SUB_STREAM = 5
    subcodes = [0, 1, 2, 3, 5, 6, 17]  # noqa: RUF012 - a constant


class ModifierCorerouterSignal(Modifier):
    """A notice to a router."""

    code = 123


class ModifierRpc(Modifier):
    """A call of a function of another instance: its name, then its arguments."""

    code = 173
    #: Return what it returns behind a uwsgi header.
    SUB_DEFAULT = 0
    #: What is returned is a dict, and a body of the length it tells.
    SUB_DICT = 5
    #: Speak JSON-RPC.
    SUB_JSONRPC = 4
    #: Return what it returns as it is.
    SUB_RAW = 1
    #: Take name and arguments from the path, and return an HTTP response.
    SUB_USE_PATH_INFO = 2
    #: Speak XML-RPC.
    SUB_XMLRPC = 3
    subcodes = [0, 1, 2, 3, 4, 5]  # noqa: RUF012 - a constant


class ModifierPersistentClose(Modifier):
    """Closes a persistent connection."""

    code = 200
    subcodes = RANGE_255


class ModifierSubscription(Modifier):
    """A subscription, see `Subscriptions`."""

    code = 224
    subcodes = RANGE_255


class ModifierExample(Modifier):
    """For the example plugin."""

    code = 250


class ModifierResponse(Modifier):
    """A response, such as that of a spooler: 0 for failure, 1 for success."""

    code = 255
    subcodes = RANGE_255
