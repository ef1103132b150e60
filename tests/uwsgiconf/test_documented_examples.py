"""The examples of the documentation of static configuration run as written, and compile to what they mean."""

from pathlib import Path
from typing import Any

import pytest

from uwsgiconf.config import Configuration, Section

QUICKSTART = """
from uwsgiconf.config import configure_uwsgi
from uwsgiconf.presets.nice import PythonSection
def get_configurations():
    my_app_dir = '/home/idle/myapp/'
    section = PythonSection(
        touch_reload=__file__,
        params_python=dict(
            search_path='/opt/apps_shared/',
        ),
        wsgi_module=my_app_dir + 'wsgi.py',
        log_into=my_app_dir + 'app.log',
    ).networking.register_socket(
        PythonSection.networking.sockets.http('127.0.0.1:8000'))
    return section
configure_uwsgi(get_configurations)
"""

BROODLORD = """
from uwsgiconf.config import Section, Configuration
from uwsgiconf.presets.empire import Broodlord
emperor, zerg = Broodlord(
    zerg_socket='/tmp/broodlord.sock',
    zerg_count=40,
    zerg_die_on_idle=30,
    vassals_home='/etc/vassals',
    vassal_queue_items_sos=10,
    section_emperor=(Section().
        master_process(enable=True).
        workers(count=1).
        logging(no_requests=True).
        python.set_wsgi_params(module='werkzeug.testapp:test_app')
    ),
).configure()
emperor.networking.register_socket(Section.networking.sockets.default(':3031'))
multisection_config = Configuration([emperor, zerg])
"""

BOOTSTRAP = """
from uwsgiconf.config import configure_uwsgi
def get_configurations():
    from os.path import dirname, abspath, join
    from uwsgiconf.presets.nice import PythonSection
    section = PythonSection.bootstrap(
        'http://127.0.0.1:8000',
        wsgi_module=join(dirname(abspath(__file__)), 'wsgi.py')
    )
    ...
    return section
configure_uwsgi(get_configurations)
"""

#: One example after the other, each with lines that must come of it.
ONE_LINERS = [
    ("section.workers.set_basic_params(count=3)", ["workers = 3"]),
    ("section.workers(count=3)", ["workers = 3"]),
    ("section = Section(params_workers=dict(count=3))", ["workers = 3"]),
    ("section.master_process.set_basic_params(enable=True)", ["master = true"]),
    ("section.master_process(enable=True)", ["master = true"]),
    ("section.caching.add_cache('mycache', 100)", ["cache2 = name=mycache,maxitems=100"]),
    (
        "section.alarms.register_alarm(section.alarms.alarm_types.log('myalarm'))",
        ["alarm = myalarm log:"],
    ),
    (
        "section.monitoring.register_metric(section.monitoring.metric_types.absolute('mymetric'))",
        ["metric = name=mymetric,type=absolute"],
    ),
    ("section.workers.set_mules_params(mules=3)", ["mules = 3"]),
    (
        "section.workers.set_mules_params(farms=section.workers.mule_farm('myfarm', 2))",
        ["mules = 2", "farm = myfarm:1,2"],
    ),
    (
        "section.logging.set_filters(write_errors=False, sigpipe=False)",
        ["ignore-write-errors = true", "ignore-sigpipe = true"],
    ),
    ("section.logging.set_basic_params(memory_report=1)", ["memory-report = 1"]),
    (
        "section.networking.register_socket(section.networking.sockets.udp('192.168.1.2:1717'))",
        ["udp = 192.168.1.2:1717"],
    ),
    ("section.applications.mount('/app1', 'app1.py')", ["mount = /app1=app1.py"]),
    ("section.applications.mount('', 'app0.py')", ["mount = =app0.py"]),
    ("section.python.set_app_args('one', 'two', 'three')", ["pyargv = one two three"]),
]


def lines(configuration: Configuration) -> list[str]:
    """The lines of a configuration."""
    return str(configuration.format(stamp=False)).splitlines()


def run(code: str, path: Path) -> dict[str, Any]:
    """Run a configuration module, and return its names."""
    names: dict[str, Any] = {"__file__": str(path), "__name__": "uwsgicfg"}
    exec(compile(code, str(path), "exec"), names)
    return names


def test_quickstart(tmp_path: Path) -> None:
    """The first example makes a configuration that serves the application on the socket it says."""
    names = run(QUICKSTART, tmp_path / "uwsgicfg.py")
    [configuration] = names["configuration"]
    expected = {
        f"touch-reload = {tmp_path / 'uwsgicfg.py'}",
        "pythonpath = /opt/apps_shared/",
        "wsgi-file = /home/idle/myapp/wsgi.py",
        "logto2 = /home/idle/myapp/app.log",
        "http-socket = 127.0.0.1:8000",
        "strict = true",
        "master = true",
        "need-app = true",
        "enable-threads = true",
    }
    assert expected <= set(lines(configuration))
    assert not [line for line in lines(configuration) if line.startswith("plugin")]


def test_broodlord(tmp_path: Path) -> None:
    """The second example makes an Emperor and zergs that share what was said about both."""
    configuration = run(BROODLORD, tmp_path / "uwsgicfg.py")["multisection_config"]
    shared = ["master = true", "workers = 1", "disable-logging = true", "plugin = python3"]
    shared.append("wsgi = werkzeug.testapp:test_app")
    assert lines(configuration) == [
        "[uwsgi]",
        *shared,
        "emperor = /etc/vassals",
        "emperor-broodlord = 40",
        "vassal-sos-backlog = 10",
        "zerg-server = /tmp/broodlord.sock",
        "socket = :3031",
        "",
        "[zerg]",
        *shared,
        "zerg = /tmp/broodlord.sock",
        "idle = 30",
        "die-on-idle = true",
    ]


def test_bootstrap(tmp_path: Path) -> None:
    """A section made from an address listens there."""
    [configuration] = run(BOOTSTRAP, tmp_path / "uwsgicfg.py")["configuration"]
    assert {"http-socket = 127.0.0.1:8000", f"wsgi-file = {tmp_path / 'wsgi.py'}"} <= set(lines(configuration))


def test_probing() -> None:
    """Plugins can be taken from the uWSGI at hand, and are not loaded by a line then."""
    section = Section(embedded_plugins=Section.embedded_plugins_presets.PROBE)
    section.python.set_wsgi_params(module="app")
    section.set_plugins_params(plugins=["http", "corerouter", "no_such_plugin"])
    assert section.entries.texts("plugin") == ["no_such_plugin"]


@pytest.mark.parametrize(("code", "expected"), ONE_LINERS)
def test_one_line(code: str, expected: list[str]) -> None:
    """An example of one line sets the options it says."""
    names: dict[str, Any] = {"Section": Section, "section": Section()}
    exec(code, names)
    assert [line for line in lines(names["section"].as_configuration()) if line in expected] == expected
