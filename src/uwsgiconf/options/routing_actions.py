"""What routing rules can do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..values import Path, key_values
from .routing_actions_vars import (
    ActionDirChange,
    ActionFixVarPathInfo,
    ActionSetScriptFile,
    ActionSetUwsgiProcessName,
    ActionSetVarDocumentRoot,
    ActionSetVarPathInfo,
    ActionSetVarRemoteAddr,
    ActionSetVarRemoteUser,
    ActionSetVarRequestMethod,
    ActionSetVarRequestUri,
    ActionSetVarScriptName,
    ActionSetVarUwsgiAppid,
    ActionSetVarUwsgiHome,
    ActionSetVarUwsgiScheme,
    RouteAction,
)
from .routing_transforms import (
    ActionChunked,
    ActionFixContentLen,
    ActionFlush,
    ActionGzip,
    ActionTemplate,
    ActionToFile,
    ActionUpper,
)

if TYPE_CHECKING:
    from .routing_modifiers import Modifier

__all__ = [
    "ActionAddVarCgi",
    "ActionAddVarLog",
    "ActionAlarm",
    "ActionAuthBasic",
    "ActionChunked",
    "ActionDirChange",
    "ActionDoBreak",
    "ActionDoContinue",
    "ActionDoGoto",
    "ActionFixContentLen",
    "ActionFixVarPathInfo",
    "ActionFlush",
    "ActionGzip",
    "ActionHeaderAdd",
    "ActionHeaderRemove",
    "ActionHeadersOff",
    "ActionHeadersReset",
    "ActionLog",
    "ActionOffloadOff",
    "ActionRedirect",
    "ActionRewrite",
    "ActionRouteExternal",
    "ActionRouteUwsgi",
    "ActionSend",
    "ActionServeStatic",
    "ActionSetHarakiri",
    "ActionSetScriptFile",
    "ActionSetUwsgiProcessName",
    "ActionSetVarDocumentRoot",
    "ActionSetVarPathInfo",
    "ActionSetVarRemoteAddr",
    "ActionSetVarRemoteUser",
    "ActionSetVarRequestMethod",
    "ActionSetVarRequestUri",
    "ActionSetVarScriptName",
    "ActionSetVarUwsgiAppid",
    "ActionSetVarUwsgiHome",
    "ActionSetVarUwsgiScheme",
    "ActionSignal",
    "ActionTemplate",
    "ActionToFile",
    "ActionUpper",
    "AuthLdap",
    "RouteAction",
]


class ActionDoContinue(RouteAction):
    """Looks at no further rule, and lets the request be answered."""

    name = "continue"

    def __init__(self) -> None:
        super().__init__()


class ActionDoBreak(RouteAction):
    """Looks at no further rule, and ends the request.

    :param code: HTTP status.
    :param return_body: Answer with the message of that status too.
    """

    name = "break"

    def __init__(self, code: int, *, return_body: bool = False) -> None:
        super().__init__(code)
        self._returns_body = bool(return_body)

    @property
    def written_name(self) -> str:
        """`break` or `return`."""
        return "return" if self._returns_body else self.name


class ActionLog(RouteAction):
    """Writes a line into the log.

    :param message: The line; None keeps the request out of the log instead.
    """

    name = "log"

    def __init__(self, message: str | None) -> None:
        super().__init__(message)

    @property
    def written_name(self) -> str:
        """`log` or `donotlog`."""
        return self.name if self.args else "donotlog"


class ActionOffloadOff(RouteAction):
    """Does not leave the response to offload threads."""

    name = "donotoffload"

    def __init__(self) -> None:
        super().__init__()


class ActionAddVarLog(RouteAction):
    """Adds a variable for the line that is logged about the request.

    :param name: Its name. Released uWSGI wants `name=value` in one word: write that here, with `val` None.
    :param val: Its value.
    """

    name = "logvar"

    def __init__(self, name: str, val: object | None) -> None:
        super().__init__(name, val)


class ActionDoGoto(RouteAction):
    """Goes on with another rule, further down.

    :param where: Its label, or its number.
    """

    name = "goto"

    def __init__(self, where: str | int) -> None:
        super().__init__(where)


class ActionAddVarCgi(RouteAction):
    """Adds a variable to the request.

    :param name: Its name.
    :param val: Its value.
    """

    name = "addvar"

    def __init__(self, name: str, val: object) -> None:
        super().__init__(f"{name}={val}")


class ActionHeaderAdd(RouteAction):
    """Adds a header to the response.

    :param name: Its name.
    :param val: Its value.
    """

    name = "addheader"

    def __init__(self, name: str, val: object) -> None:
        super().__init__(f"{name}: {val}")


class ActionHeaderRemove(RouteAction):
    """Removes a header from the response.

    :param name: Its name.
    """

    name = "delheader"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class ActionHeadersOff(RouteAction):
    """Sends the response without headers."""

    name = "disableheaders"

    def __init__(self) -> None:
        super().__init__()


class ActionHeadersReset(RouteAction):
    """Removes all headers, and sets another status.

    :param code: HTTP status.
    """

    name = "clearheaders"

    def __init__(self, code: int) -> None:
        super().__init__(code)


class ActionSignal(RouteAction):
    """Raises a uWSGI signal.

    :param num: Its number, 0 to 255.
    """

    name = "signal"

    def __init__(self, num: int) -> None:
        super().__init__(num)


class ActionSend(RouteAction):
    """Adds raw data to the response.

    :param data: The data.
    :param crnl: End it with carriage return and line feed.
    """

    name = "send"

    def __init__(self, data: object, *, crnl: bool = False) -> None:
        super().__init__(data)
        self._ends_line = bool(crnl)

    @property
    def written_name(self) -> str:
        """`send` or `send-crnl`."""
        return "send-crnl" if self._ends_line else self.name


class ActionRedirect(RouteAction):
    """Answers with a redirection.

    :param url: Where to.
    :param permanent: For good, with status 301; otherwise 302.
    """

    name = "redirect-302"
    plugin = "router_redirect"

    def __init__(self, url: str, *, permanent: bool = False) -> None:
        super().__init__(url)
        self._is_permanent = bool(permanent)

    @property
    def written_name(self) -> str:
        """`redirect-302` or `redirect-301`."""
        return "redirect-301" if self._is_permanent else self.name


class ActionRewrite(RouteAction):
    """Makes path and query anew.

    :param rule: What to make of them, with variables.
    :param do_continue: Look at no further rule.
    """

    name = "rewrite"
    plugin = "router_rewrite"

    def __init__(self, rule: str, *, do_continue: bool = False) -> None:
        super().__init__(rule)
        self._is_last = bool(do_continue)

    @property
    def written_name(self) -> str:
        """`rewrite` or `rewrite-last`."""
        return "rewrite-last" if self._is_last else self.name


class ActionRouteUwsgi(RouteAction):
    """Lets another plugin, application or uWSGI server answer.

    :param external_address: Address of the server. Default: this one.
    :param modifier: Which plugin answers, see `Routing.modifiers`.
    :param app: UWSGI_APPID, which names the application.
    """

    name = "uwsgi"
    plugin = "router_uwsgi"
    args_joiner = ","

    def __init__(self, external_address: str = "", *, modifier: Modifier | str = "", app: str = "") -> None:
        first: object = modifier
        second: object = ""
        if not isinstance(modifier, str):
            first = modifier.code
            second = "" if modifier.submod is None else modifier.submod
        super().__init__(external_address, first, second, app)


class ActionRouteExternal(RouteAction):
    """Lets an HTTP server answer.

    :param address: Its host and port.
    :param host_header: The header Host to send. Default: as it came.
    """

    name = "http"
    plugin = "router_http"
    args_joiner = ","

    def __init__(self, address: str, *, host_header: str | None = None) -> None:
        super().__init__(address, host_header)


class ActionAlarm(RouteAction):
    """Raises an alarm.

    :param name: Its name.
    :param message: The message to send.
    """

    name = "alarm"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)


class ActionServeStatic(RouteAction):
    """Answers with a file.

    :param fpath: The file.
    """

    name = "static"
    plugin = "router_static"

    def __init__(self, fpath: Path) -> None:
        super().__init__(os.fspath(fpath))


class ActionAuthBasic(RouteAction):
    """Asks for a user name and a password; where neither is given here, nobody is let in.

    :param realm: What for, shown to the user.
    :param user: The user name.
    :param password: The password; without a user name, a file as htpasswd makes it.
    :param do_next: Look at the next rule when they are wrong.
    """

    name = "basicauth"
    plugin = "router_basicauth"
    args_joiner = ","

    def __init__(
        self, realm: str, *, user: str | None = None, password: str | None = None, do_next: bool = False
    ) -> None:
        # With neither, uWSGI still wants the comma before them: nobody gets in then.
        credentials = password or "" if user is None else f"{user}:{password or ''}"
        super().__init__(realm, credentials)
        self._goes_on = bool(do_next)

    @property
    def written_name(self) -> str:
        """`basicauth` or `basicauth-next`."""
        return "basicauth-next" if self._goes_on else self.name


class AuthLdap(RouteAction):
    """Asks for a user name and a password that an LDAP server knows.

    :param realm: What for, shown to the user.
    :param address: URI of the server.
    :param base_dn: Where to look for users.
    :param bind_dn: Whom to bind as, for servers that nobody may search without.
    :param bind_password: The password of that.
    :param filter: Which entries are users. Default: `(objectClass=*)`.
    :param login_attr: Attribute with the user name. Default: `uid`.
    :param log_level: 0 to log nothing, 1 for errors, 2 for success too.
    :param do_next: Look at the next rule when they are wrong.
    """

    name = "ldapauth"
    plugin = "ldap"
    args_joiner = ","

    def __init__(
        self,
        realm: str,
        address: str,
        *,
        base_dn: str | None = None,
        bind_dn: str | None = None,
        bind_password: str | None = None,
        filter: str | None = None,  # noqa: A002
        login_attr: str | None = None,
        log_level: int | str | None = None,
        do_next: bool = False,
    ) -> None:
        server = {
            "url": address,
            "basedn": base_dn,
            "binddn": bind_dn,
            "bindpw": bind_password,
            "filter": filter,
            "loglevel": log_level,
            "attr": login_attr,
        }
        super().__init__(realm, key_values(server, separator=";"))
        self._goes_on = bool(do_next)

    @property
    def written_name(self) -> str:
        """`ldapauth` or `ldapauth-next`."""
        return "ldapauth-next" if self._goes_on else self.name


class ActionSetHarakiri(RouteAction):
    """Sets how long the request may take.

    :param timeout: Seconds.
    """

    name = "harakiri"

    def __init__(self, timeout: int | str) -> None:
        super().__init__(timeout)
