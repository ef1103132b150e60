"""Routing rules: what is done with a request, and when."""

from __future__ import annotations

from ..base import check_kind
from .routing_actions import (
    ActionAddVarCgi,
    ActionAddVarLog,
    ActionAlarm,
    ActionAuthBasic,
    ActionChunked,
    ActionDirChange,
    ActionDoBreak,
    ActionDoContinue,
    ActionDoGoto,
    ActionFixContentLen,
    ActionFixVarPathInfo,
    ActionFlush,
    ActionGzip,
    ActionHeaderAdd,
    ActionHeaderRemove,
    ActionHeadersOff,
    ActionHeadersReset,
    ActionLog,
    ActionOffloadOff,
    ActionRedirect,
    ActionRewrite,
    ActionRouteExternal,
    ActionRouteUwsgi,
    ActionSend,
    ActionServeStatic,
    ActionSetHarakiri,
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
    ActionSignal,
    ActionTemplate,
    ActionToFile,
    ActionUpper,
    AuthLdap,
    RouteAction,
)
from .routing_subjects import (
    SubjectBuiltin,
    SubjectCustom,
    SubjectHttpHost,
    SubjectHttpReferer,
    SubjectHttpUserAgent,
    SubjectPathInfo,
    SubjectQueryString,
    SubjectRemoteAddr,
    SubjectRemoteUser,
    SubjectRequestUri,
    SubjectStatus,
)
from .routing_vars import (
    FuncBase64,
    FuncHex,
    FuncLower,
    FuncMath,
    FuncMime,
    FuncUpper,
    VarCookie,
    VarGeoip,
    VarHttptime,
    VarMetric,
    VarQuery,
    VarRequest,
    VarTime,
    VarUwsgi,
)


class RouteRule:
    """Does something with a request, or with its response.

    :param action: What to do, one of `actions` or `transforms`.
    :param subject: What to look at first, one of `subjects`; a plain text is a regular expression for the path.
        Default: nothing, do it always.
    :param stage: When, one of `stages`. Default: before the request is answered.
    :raises ConfigurationError: The action is none.
    """

    class var_functions:  # noqa: N801 - the documented name
        """Functions of variables."""

        base64 = FuncBase64
        hex = FuncHex
        lower = FuncLower
        math = FuncMath
        mime = FuncMime
        upper = FuncUpper

    class vars:  # noqa: A001, N801 - the documented name
        """Variables."""

        cookie = VarCookie
        geoip = VarGeoip
        httptime = VarHttptime
        metric = VarMetric
        query = VarQuery
        request = VarRequest
        time = VarTime
        uwsgi = VarUwsgi

    class stages:  # noqa: N801 - the documented name
        """When a rule is applied."""

        #: Before the request is answered.
        REQUEST = ""
        #: As soon as there is a status; again whenever a rule changes it.
        ERROR = "error"
        #: After the last header of the response, before its body.
        RESPONSE = "response"
        #: After the response was sent.
        FINAL = "final"

    class subjects:  # noqa: N801 - the documented name
        """What a rule can look at; all but `custom` are prepared at the start, and quick."""

        custom = SubjectCustom
        http_host = SubjectHttpHost
        http_referer = SubjectHttpReferer
        http_user_agent = SubjectHttpUserAgent
        path_info = SubjectPathInfo
        query_string = SubjectQueryString
        remote_addr = SubjectRemoteAddr
        remote_user = SubjectRemoteUser
        request_uri = SubjectRequestUri
        status = SubjectStatus

    class transforms:  # noqa: N801 - the documented name
        """What can be done to a response, one after the other."""

        chunked = ActionChunked
        fix_content_len = ActionFixContentLen
        flush = ActionFlush
        gzip = ActionGzip
        template = ActionTemplate
        to_file = ActionToFile
        upper = ActionUpper

    class actions:  # noqa: N801 - the documented name
        """What can be done with a request."""

        add_var_cgi = ActionAddVarCgi
        add_var_log = ActionAddVarLog
        alarm = ActionAlarm
        auth_basic = ActionAuthBasic
        auth_ldap = AuthLdap
        dir_change = ActionDirChange
        do_break = ActionDoBreak
        do_continue = ActionDoContinue
        do_goto = ActionDoGoto
        fix_var_path_info = ActionFixVarPathInfo
        header_add = ActionHeaderAdd
        header_remove = ActionHeaderRemove
        headers_off = ActionHeadersOff
        headers_reset = ActionHeadersReset
        log = ActionLog
        offload_off = ActionOffloadOff
        redirect = ActionRedirect
        rewrite = ActionRewrite
        route_external = ActionRouteExternal
        route_uwsgi = ActionRouteUwsgi
        send = ActionSend
        serve_static = ActionServeStatic
        set_harakiri = ActionSetHarakiri
        set_script_file = ActionSetScriptFile
        set_uwsgi_process_name = ActionSetUwsgiProcessName
        set_var_document_root = ActionSetVarDocumentRoot
        set_var_path_info = ActionSetVarPathInfo
        set_var_remote_addr = ActionSetVarRemoteAddr
        set_var_remote_user = ActionSetVarRemoteUser
        set_var_request_method = ActionSetVarRequestMethod
        set_var_request_uri = ActionSetVarRequestUri
        set_var_script_name = ActionSetVarScriptName
        set_var_uwsgi_appid = ActionSetVarUwsgiAppid
        set_var_uwsgi_home = ActionSetVarUwsgiHome
        set_var_uwsgi_scheme = ActionSetVarUwsgiScheme
        signal = ActionSignal

    def __init__(
        self, action: RouteAction, subject: SubjectCustom | SubjectBuiltin | str | None = None, stage: str = ""
    ) -> None:
        remedy = "Make one: section.routing.route_rule.actions.log('x')."
        check_kind(action, RouteAction, "RouteRule: `action`", wanted="an action or transformation", remedy=remedy)
        self.action = action
        self.subject = SubjectPathInfo(subject) if isinstance(subject, str) else subject
        self.stage = stage

    @property
    def option(self) -> str:
        """The option that sets the rule."""
        if self.subject is None:
            kind = "run"
        elif isinstance(self.subject, SubjectCustom):
            kind = "if-not" if self.subject.negate else "if"
        else:
            kind = self.subject.name or ""
        return "-".join(part for part in (self.stage, "route", kind) if part)

    @property
    def label_option(self) -> str:
        """The option that sets a label in the table the rule is in."""
        return "-".join(part for part in (self.stage, "route-label") if part)

    def __str__(self) -> str:
        return str(self.action) if self.subject is None else f"{self.subject} {self.action}"
