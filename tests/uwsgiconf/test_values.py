"""What values say is what uWSGI reads, also where its own syntax is in the way."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from uwsgiconf.config import Section
from uwsgiconf.exceptions import ConfigurationError

Call = Callable[[Section], object]

_kinds = Section.monitoring.metric_types
_alarms = Section.alarms.alarm_types
_routers = Section.routing.routers
_rule = Section.routing.route_rule


def lines(call: Call) -> list[str]:
    """The lines that a call on a new section makes, without the workers that come by themselves."""
    section = Section()
    call(section)
    return [f"{entry.name} = {entry.text}" for entry in section.entries if entry.text != "%k"]


#: A call, and its lines.
CASES: dict[str, tuple[Call, list[str]]] = {
    "commas within a value do not end it": (
        lambda s: s.master_process.attach_process(r"celery -Q a,b -X '\d'"),
        [r"attach-daemon2 = cmd=celery -Q a\,b -X '\\d'"],
    ),
    "commas that are escaped already are left": (
        lambda s: s.master_process.attach_process(r"celery -Q a\,b"),
        [r"attach-daemon2 = cmd=celery -Q a\,b"],
    ),
    "commas in a message": (
        lambda s: s.monitoring.set_metrics_threshold("m", 5, alarm="a", alarm_message="many, too many"),
        [r"metric-threshold = alarm=a,msg=many\, too many,key=m,value=5"],
    ),
    "commas between the values of a collector stay": (
        lambda s: s.monitoring.register_metric(
            _kinds.gauge("m", collector=s.monitoring.collectors.file("/a,b", get_slot=2))
        ),
        [r"metric = name=m,collector=file,arg1=/a\,b,arg1n=2,type=gauge"],
    ),
    "semicolons in a filter of LDAP": (
        lambda s: s.routing.register_route(_rule(_rule.actions.auth_ldap("r", "ldap://h", base_dn="dc=a;b,dc=c"))),
        ["plugin = ldap", r"route-run = ldapauth:r,url=ldap://h;basedn=dc=a\;b,dc=c"],
    ),
    "the alarm by URL knows no escapes": (
        lambda s: s.alarms.register_alarm(_alarms.curl("a", "http://h", subject=r"a,b\c")),
        ["plugin = alarm_curl", r"alarm = a curl:http://h;subject=a,b\c"],
    ),
    "a variable before a cron command is no time": (
        lambda s: s.master_process.add_cron_task("LANG=C make report"),
        ["cron2 = minute=-1 LANG=C make report"],
    ),
    "a cron interval is several times": (
        lambda s: s.master_process.add_cron_task("x", hour="8-18/5", minute="0, 30", unique=True),
        [f"cron2 = hour={hour},minute={minute},unique=1 x" for hour in (8, 13, 18) for minute in (0, 30)],
    ),
    "what is no interval is left": (
        lambda s: s.master_process.add_cron_task("x", weekday=-2, day="7", month="%(m)"),
        ["cron2 = week=-2,month=%(m),day=7 x"],
    ),
    "the user of a program is a number": (
        lambda s: s.master_process.attach_process("x", uid="root", gid="root"),
        ["attach-daemon2 = cmd=x,uid=0,gid=0"],
    ),
    "a user that is not known here is left": (
        lambda s: s.master_process.attach_process("x", uid="no-such-user", gid=7),
        ["attach-daemon2 = cmd=x,uid=no-such-user,gid=7"],
    ),
    "the number 0 is a name to uWSGI": (
        lambda s: s.main_process.set_owner_params(uid=0, gid="0"),
        ["uid = root", "gid = root"],
    ),
    "the number 0 is a name to routers": (
        lambda s: s.routing.use_router(_routers.fast().set_owner_params(0, 5)),
        ["fastrouter-uid = root", "fastrouter-gid = 5"],
    ),
    "modes have three digits": (
        lambda s: s.networking.set_unix_socket_params(permissions="0660").logging.set_file_params(mode="0o644"),
        ["chmod-socket = 660", "logfile-chmod = 644"],
    ),
    "a rule without credentials lets nobody in": (
        lambda s: s.routing.register_route(_rule(_rule.actions.auth_basic("Keep out"))),
        ["plugin = router_basicauth", "route-run = basicauth:Keep out,"],
    ),
    "a switch of an alarm is off": (
        lambda s: s.alarms.register_alarm(_alarms.curl("a", "https://h", ssl=False, ssl_insecure=False)),
        ["plugin = alarm_curl", "alarm = a curl:https://h;"],
    ),
    "a switch of a metric is off": (
        lambda s: s.monitoring.register_metric(_kinds.counter("m", reset_after_push=False)),
        ["metric = name=m,type=counter"],
    ),
    "a switch of a router is off": (
        lambda s: s.routing.use_router(_routers.https(":1", cert="c", key="k", use_spdy=False)),
        ["https2 = cert=c,key=k,addr=:1"],
    ),
    "nodes are told by an option of their own": (
        lambda s: s.routing.use_router(_routers.ssl(":1", cert="c", key="k", forward_to=["a:1", "b:2"])),
        ["sslrouter2 = cert=c,key=k,addr=:1", "sslrouter-to = a:1", "sslrouter-to = b:2"],
    ),
    "blanks in regular expressions": (
        lambda s: s.routing.register_route(
            [
                _rule(_rule.actions.log("a b"), "^/my file"),
                _rule(_rule.actions.log("a"), r"^/my\ file\\ "),
                _rule(_rule.actions.log("x"), _rule.subjects.custom("${A}").matches("a b")),
            ]
        ),
        [r"route = ^/my\x20file log:a b", r"route = ^/my\x20file\\\x20 log:a", r"route-if = regexp:${A};a\x20b log:x"],
    ),
    "blanks in names of files that expire": (
        lambda s: s.statics.add_expiration_rule("filename", "my file", timeout=5),
        [r"static-expires = my\x20file 5"],
    ),
    "ciphers are separated by colons": (
        lambda s: (
            s.networking.register_socket(
                s.networking.sockets.https(":1", cert="c", key="k", ciphers="HIGH,!aNULL", client_ca="a")
            ),
            s.networking.set_sni_params("n", cert="c", key="k", ciphers="HIGH,!aNULL"),
        ),
        ["https-socket = :1,c,k,HIGH:!aNULL,a", "sni = n c,k,HIGH:!aNULL"],
    ),
    "the plugin of a group": (
        lambda s: s.set_plugins_params(plugins=s.python),
        [f"plugin = {Section().python.plugin}"],
    ),
    "the highest numbers": (
        lambda s: s.networking(buffer_size=65536).workers.set_harakiri_params(timeout=2**31 - 1),
        ["buffer-size = 65536", "harakiri = 2147483647"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_are_read_as_they_are_meant(name: str) -> None:
    """A value that has something in it that uWSGI takes for its own syntax is written so that it does not."""
    call, expected = CASES[name]
    assert lines(call) == expected


def test_what_is_taken_from_the_environment_means_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `%d` in a secret of the environment is no variable of uWSGI; in a value that was written here, it is."""
    monkeypatch.setitem(os.environ, "SECRET", "50%d%%")
    assert lines(lambda s: s.env("SECRET")) == ["env = SECRET=50%%d%%%%"]
    assert lines(lambda s: s.env("SECRET", "%d")) == ["env = SECRET=%d"]


# Types would tell of these mistakes too.
_any: Any = Section
_wsgi = _any.routing.modifiers.wsgi

#: Calls with a class, or with something else, in the place of an object.
MISTAKEN: dict[str, Callable[[Any], object]] = {
    "algorithm": lambda s: s.subscriptions.subscribe("a", balancing_algo=s.subscriptions.algorithms.ip_hash),
    "collector": lambda s: s.monitoring.register_metric(
        _any.monitoring.metric_types.gauge("a", collector=s.monitoring.collectors.pointer)
    ),
    "encoder": lambda s: s.logging.add_logger_encoder(s.logging.encoders.gzip),
    "modifier of a route": lambda s: s.routing.register_route(
        _any.routing.route_rule(_rule.actions.route_uwsgi("a", modifier=_wsgi))
    ),
    "modifier of a subscription": lambda s: s.subscriptions.subscribe("a", modifier=_wsgi),
    "modifier of a socket": lambda s: s.networking.register_socket(s.networking.sockets.http("a", modifier=_wsgi)),
    "action": lambda s: s.routing.register_route(_any.routing.route_rule(_rule.transforms.gzip)),
    "text for an action": lambda s: s.routing.register_route(_any.routing.route_rule("log:x")),
    "text for a rule": lambda s: s.routing.register_route("log:x"),
    "router": lambda s: s.routing.use_router(s.routing.routers.fast),
    "socket": lambda s: s.networking.register_socket(s.networking.sockets.default),
}


@pytest.mark.parametrize("name", MISTAKEN)
def test_a_class_is_no_object(name: str) -> None:
    """Where an object is wanted, a class is refused instead of being written as Python shows it."""
    with pytest.raises(ConfigurationError):
        print(lines(MISTAKEN[name]))
