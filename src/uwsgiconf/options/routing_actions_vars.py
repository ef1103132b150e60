"""Actions of routing rules that change variables of the request."""

from __future__ import annotations

from ..values import ParametrizedValue, Path


class RouteAction(ParametrizedValue):
    """Something that a routing rule does.

    :param args: Its arguments.
    """


class ActionDirChange(RouteAction):
    """Changes the working directory.

    :param dir: Where to.
    """

    name = "chdir"

    def __init__(self, dir: Path) -> None:  # noqa: A002
        super().__init__(dir)


class ActionSetVarUwsgiAppid(RouteAction):
    """Sets UWSGI_APPID, which names the application that answers, whatever its mountpoint.

    :param app: The name; an application that is not loaded yet is.
    """

    name = "setapp"

    def __init__(self, app: str) -> None:
        super().__init__(app)


class ActionSetVarRemoteUser(RouteAction):
    """Sets REMOTE_USER.

    :param user: The user.
    """

    name = "setuser"

    def __init__(self, user: str) -> None:
        super().__init__(user)


class ActionSetVarUwsgiHome(RouteAction):
    """Sets UWSGI_HOME.

    :param dir: The directory.
    """

    name = "sethome"

    def __init__(self, dir: Path) -> None:  # noqa: A002
        super().__init__(dir)


class ActionSetVarUwsgiScheme(RouteAction):
    """Sets the scheme of the URL, where the request does not tell it.

    :param value: The scheme, such as `https`.
    """

    name = "setscheme"

    def __init__(self, value: str) -> None:
        super().__init__(value)


class ActionSetVarScriptName(RouteAction):
    """Sets SCRIPT_NAME.

    :param name: The name.
    """

    name = "setscriptname"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class ActionSetVarRequestMethod(RouteAction):
    """Sets REQUEST_METHOD.

    :param name: The method.
    """

    name = "setmethod"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class ActionSetVarRequestUri(RouteAction):
    """Sets REQUEST_URI.

    :param value: Path and query.
    """

    name = "seturi"

    def __init__(self, value: str) -> None:
        super().__init__(value)


class ActionSetVarRemoteAddr(RouteAction):
    """Sets REMOTE_ADDR.

    :param value: The address.
    """

    name = "setremoteaddr"

    def __init__(self, value: str) -> None:
        super().__init__(value)


class ActionSetVarPathInfo(RouteAction):
    """Sets PATH_INFO.

    :param value: The path.
    """

    name = "setpathinfo"

    def __init__(self, value: str) -> None:
        super().__init__(value)


class ActionSetVarDocumentRoot(RouteAction):
    """Sets DOCUMENT_ROOT.

    :param value: The directory.
    """

    name = "setdocroot"

    def __init__(self, value: Path) -> None:
        super().__init__(value)


class ActionSetUwsgiProcessName(RouteAction):
    """Sets the name of the process in `ps`.

    :param name: The name.
    """

    name = "setprocname"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class ActionSetScriptFile(RouteAction):
    """Sets the file that the request runs.

    :param fpath: The file.
    """

    name = "setfile"

    def __init__(self, fpath: Path) -> None:
        super().__init__(fpath)


class ActionFixVarPathInfo(RouteAction):
    """Takes SCRIPT_NAME off PATH_INFO, for web servers that cannot do it."""

    name = "fixpathinfo"

    def __init__(self) -> None:
        super().__init__()
