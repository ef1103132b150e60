"""The reference of `Section.empire`, parameter by parameter: a module, a real Emperor, and the effect that is promised.

What other tests prove with flags is named in `PROVED_BY`: that modules and flags mean the same, options by options, is
`tests/imperator/cli/test_gather.py`'s claim, and `test_module_says_what_flags_say` goes through all of the group.
"""

from __future__ import annotations

import inspect
import os
import re
import socket
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from imperator.cli.arguments import parse_arguments
from imperator.cli.gather import gather_settings
from tests.imperator.control.packets import packet
from tests.system.conftest import StartEmperor
from tests.system.empire import Empire, read_stats, write_wrapper
from tests.system.test_broodlord import REAL, SLOW
from tests.system.test_protocol_vassals import RELOAD, STOP, config, touch_later, wait_for_heard, wait_for_starts
from uwsgiconf.options.empire import Empire as Group

MODULE = """
from uwsgiconf.config import Section, configure_uwsgi

configure_uwsgi(lambda: Section().empire.set_emperor_params({homes}).empire.{call})
"""


class Realm:
    """An Emperor that a module describes, and what the test needs to look at it.

    :ivar vassals: Its first directory of vassals.
    :ivar file: The configuration of the vassal in it.
    """

    def __init__(self, root: Path, start_emperor: StartEmperor, uwsgi_binary: str, port: int) -> None:
        self.root, self.uwsgi_binary, self.port = root, uwsgi_binary, port
        self.vassals = root / "vassals"
        self.vassals.mkdir(exist_ok=True)
        self.file = self.vassals / "app.ini"
        self.file.write_text(config())
        self._start = start_emperor

    def start(self, call: str, *arguments: str, fake_vassals: bool = True) -> Empire:
        """Start the Emperor of a module that makes this call."""
        module = self.root / "uwsgicfg.py"
        module.write_text(MODULE.format(homes=f"vassals_home={str(self.vassals)!r}", call=call))
        return self._start(str(module), *arguments, fake_vassals=fake_vassals)


@pytest.fixture
def realm(tmp_path: Path, start_emperor: StartEmperor, uwsgi_binary: str, free_port: int) -> Realm:
    return Realm(tmp_path, start_emperor, uwsgi_binary, free_port)


Observe = Callable[[Realm], None]
OBSERVED: dict[tuple[str, str], Observe] = {}


def observes(method: str, *parameters: str) -> Callable[[Observe], Observe]:
    """Enter a function as what proves these parameters of a method."""

    def enter(observe: Observe) -> Observe:
        OBSERVED.update({(method, parameter): observe for parameter in parameters})
        return observe

    return enter


PROVED_BY = {
    (
        "set_emperor_params",
        "scan_interval",
    ): "tests/system/sources/test_postgres.py::test_table_without_trigger_is_polled",
    ("set_mode_tyrant_params", "enable"): "tests/system/test_tyrant.py::test_vassal_is_its_owner_and_nothing_else",
    ("set_mode_tyrant_params", "links_no_follow"): (
        "tests/system/test_tyrant.py::test_owner_of_a_link_counts_with_nofollow"
    ),
    ("set_mode_tyrant_params", "use_initgroups"): (
        "tests/system/test_tyrant.py::test_initgroups_gives_the_groups_of_the_user"
    ),
    ("set_mode_broodlord_params", "vassal_queue_items_sos"): (
        "tests/system/test_broodlord.py::test_real_load_brings_zergs_and_their_idleness_takes_them_away"
    ),
    ("set_vassals_attributes_params", "names"): (
        "tests/system/test_attributes.py::test_collected_attributes_are_in_the_stats"
    ),
    ("set_vassals_attributes_params", "wrapper"): ("tests/system/test_attributes.py::test_attribute_names_the_program"),
    ("set_vassals_attributes_params", "directory"): (
        "tests/system/test_attributes.py::test_attribute_names_the_directory"
    ),
}
"""Parameters whose effect other tests prove."""


@observes("set_emperor_params", "vassals_home", "spawn_asap")
def several_homes(realm: Realm) -> None:
    """Vassals of all directories and patterns run."""
    (realm.root / "more").mkdir()
    (realm.root / "more" / "other.ini").write_text(config())
    homes = [str(realm.vassals), f"glob://{realm.root}/more/*.ini"]
    emperor = realm.start(f"set_emperor_params(vassals_home={homes!r}, spawn_asap=True)")
    emperor.wait_for_running({"app.ini": config(), f"{realm.root}/more/other.ini": config()})


@observes("set_emperor_params", "name", "pid_file", "stats_address")
def name_pidfile_and_stats(realm: Realm) -> None:
    """`ps` shows the name; the file holds the number while the Emperor runs; the address tells the stats."""
    pidfile, stats = realm.root / "pid", realm.root / "stats"
    emperor = realm.start(
        f"set_emperor_params(name='majesty', pid_file={str(pidfile)!r}, stats_address={str(stats)!r})"
    )
    emperor.wait_for_log("vassal app.ini is now loyal")
    assert Path(f"/proc/{emperor.pid}/cmdline").read_bytes().rstrip(b"\0") == b"majesty"
    assert pidfile.read_text().strip() == str(emperor.pid)
    assert read_stats(stats)["pid"] == emperor.pid
    assert emperor.stop() == 0
    assert not pidfile.exists()


@observes("set_emperor_params", "trigger_socket")
def connection_makes_it_look(realm: Realm) -> None:
    """A change that the kernel told nothing of is seen when somebody connects to the trigger socket."""
    trigger, other_name = realm.root / "trigger", realm.root / "other-name"
    os.link(realm.file, other_name)
    emperor = realm.start(f"set_emperor_params(trigger_socket={str(trigger)!r})")
    emperor.wait_for_log("vassal app.ini is now loyal")
    other_name.write_text(config(text="new"))  # the directory that is watched hears nothing of that
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(trigger))
    wait_for_heard(emperor, "app.ini", [RELOAD])


@observes("set_emperor_params", "links_no_follow")
def only_the_link_counts(realm: Realm) -> None:
    """A touched target is no change, a touched link is one."""
    target, link = realm.root / "target", realm.vassals / "link.ini"
    target.write_text(config())
    link.symlink_to(target)
    emperor = realm.start("set_emperor_params(links_no_follow=True)")
    emperor.wait_for_log("vassal link.ini is now loyal")
    touch_later(target)
    touch_later(realm.file)
    wait_for_heard(emperor, "app.ini", [RELOAD])
    assert emperor.journal.heard("link.ini") == []
    later = link.lstat().st_mtime + 60
    os.utime(link, (later, later), follow_symlinks=False)
    wait_for_heard(emperor, "link.ini", [RELOAD])


@observes("print_monitors", "")
def monitors_are_listed(realm: Realm) -> None:
    """The log begins with all kinds of sources."""
    emperor = realm.start("print_monitors()")
    for scheme in ("dir", "glob", "pg", "zmq"):
        emperor.wait_for_log(f"imperial monitor {scheme}://")


@observes("set_emperor_command_params", "command_socket", "wait_for_command", "wait_for_command_exclude")
def commands_start_vassals(realm: Realm) -> None:
    """Nothing but a command starts a vassal, except those that need not wait."""
    path = realm.root / "commands"
    (realm.vassals / "free.ini").write_text(config())
    (realm.vassals / "free2.ini").write_text(config())
    emperor = realm.start(
        f"set_emperor_command_params({str(path)!r}, wait_for_command=True, "
        "wait_for_command_exclude=['free.ini', 'free2.ini'])"
    )
    emperor.wait_for_running({"free.ini": config(), "free2.ini": config()})
    emperor.wait_for_log("vassal app.ini stays down until it is commanded to run")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(packet(cmd="spawn", vassal="app.ini"), str(path))
    emperor.wait_for_running({"app.ini": config(), "free.ini": config(), "free2.ini": config()})


@observes("set_vassals_wrapper_params", "wrapper")
def wrapper_is_run(realm: Realm) -> None:
    """The wrapper is run in the binary's place."""
    wrapper = write_wrapper(realm.root)
    emperor = realm.start(f"set_vassals_wrapper_params(wrapper={str(wrapper)!r})", fake_vassals=False)
    wait_for_starts(emperor, "app.ini", 1)


@observes("set_vassals_wrapper_params", "overrides", "fallbacks")
def others_are_tried(realm: Realm) -> None:
    """An override that can be executed is, before the wrapper; a fallback is where nothing else can be."""
    fake = write_wrapper(realm.root)
    nowhere = "'/nowhere/one', '/nowhere/two'"
    calls = (
        f"set_vassals_wrapper_params(wrapper='/bin/false', overrides=['/nowhere/one', {str(fake)!r}])",
        f"set_vassals_wrapper_params(wrapper='/nowhere/uwsgi', fallbacks=[{nowhere}, {str(fake)!r}])",
    )
    for call in calls:
        emperor = realm.start(call, fake_vassals=False)
        wait_for_starts(emperor, "app.ini", 1)
        assert emperor.stop() == 0


@observes("set_throttle_params", "level", "level_max")
def waits_grow(realm: Realm) -> None:
    """Each death of a vassal that never was loyal adds the level to its wait, up to the maximum."""
    realm.file.write_text(config("exit 1"))
    emperor = realm.start("set_throttle_params(level=200, level_max=500)")
    wait_for_starts(emperor, "app.ini", 4)
    waits = re.findall(r"app\.ini exited with 1: throttling it, next try in (\S+) s", emperor.log())
    assert waits[:3] == ["0.2", "0.4", "0.5"]


@observes("set_tolerance_params", "for_heartbeat")
def silent_vassal_is_replaced(realm: Realm) -> None:
    """A vassal that sent a heartbeat and then none for so long is killed."""
    realm.file.write_text(config("say 26"))
    emperor = realm.start("set_tolerance_params(for_heartbeat=1)")
    emperor.wait_for_log("sent no heartbeat in the last 1 seconds: killing it")
    wait_for_starts(emperor, "app.ini", 2)


@observes("set_tolerance_params", "for_cursed_vassals")
def cursed_vassal_is_killed(realm: Realm) -> None:
    """A vassal that does not stop within so long is killed."""
    realm.file.write_text(config("ignore-stop"))
    emperor = realm.start("set_tolerance_params(for_cursed_vassals=1)")
    emperor.wait_for_log("vassal app.ini is now loyal")
    realm.file.unlink()
    wait_for_heard(emperor, "app.ini", [STOP])
    emperor.wait_for_log("still there after 1 seconds: killing it")
    emperor.wait_for_log("removed uwsgi instance app.ini (was killed by SIGKILL)")


@observes("set_mode_broodlord_params", "zerg_count")
def zergs_are_limited(realm: Realm) -> None:
    """Who asks for more reinforcements than there may be gets as many as there may be."""
    realm.file.write_text(config("say 30"))
    (realm.vassals / "app.ini:zerg").write_text(config())  # to the fake vassal, what is a section is a file
    emperor = realm.start("set_mode_broodlord_params(2)")
    for calls, zergs in ((0, 1), (1, 2), (2, 2), (3, 2)):
        wait_for_heard(emperor, "app.ini", [RELOAD] * calls)
        wait_for_starts(emperor, "app.ini:zerg", zergs)
        touch_later(realm.file)  # it reloads, and calls again
    assert len(emperor.journal.starts("app.ini:zerg")) == 2


@observes("set_mode_broodlord_params", "vassal_overload_sos_interval")
def overloaded_vassal_asks(realm: Realm) -> None:
    """A real vassal whose only worker is busy for longer than that asks for help, and gets it."""
    (realm.root / "app.py").write_text(SLOW.replace("0.3", "3"))
    text = REAL.format(directory=realm.root, port=realm.port).replace("vassal-sos-backlog = 1\n", "")
    realm.file.write_text(text)
    emperor = realm.start("set_mode_broodlord_params(1)", "--binary-path", realm.uwsgi_binary, fake_vassals=False)
    emperor.wait_for_log("vassal app.ini is ready to accept requests")

    def ask() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{realm.port}/", timeout=30) as answer:
            answer.read()

    crowd = [threading.Thread(target=ask) for _ in range(3)]
    for one in crowd:
        one.start()
    try:
        emperor.wait_for_log("going in broodlord mode: launching zerg 1 for app.ini")
    finally:
        for one in crowd:
            one.join()


@pytest.mark.parametrize("observe", dict.fromkeys(OBSERVED.values()), ids=lambda observe: observe.__name__)
def test_reference_is_true(realm: Realm, observe: Observe) -> None:
    """What the reference promises of a call is what an Emperor that a module describes does."""
    observe(realm)


def test_nothing_is_left_out() -> None:
    """Every parameter of every method of the group is observed here, or by a test that there is."""
    wanted = set()
    for name, method in vars(Group).items():
        if not name.startswith("_"):
            parameters = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
            wanted |= {(name, parameter) for parameter in parameters or [""]}
    assert wanted == set(OBSERVED) | set(PROVED_BY)
    for test in PROVED_BY.values():
        file, _, function = test.partition("::")
        assert f"def {function}(" in Path(file).read_text(), test


ALL = (
    "set_emperor_params(vassals_home=['/a', '/b'], name='n', scan_interval=7, pid_file='p', spawn_asap=True, "
    "stats_address='127.0.0.1:1', trigger_socket='t', links_no_follow=True)"
    ".empire.set_emperor_command_params('c', wait_for_command=True, wait_for_command_exclude=['x.ini', 'y.ini'])"
    ".empire.set_vassals_wrapper_params(wrapper='w', overrides=['o', 'q'], fallbacks='f')"
    ".empire.set_throttle_params(level=7, level_max=70)"
    ".empire.set_tolerance_params(for_heartbeat=8, for_cursed_vassals=9)"
    ".empire.set_vassals_attributes_params(['i', 'j'], wrapper='run', directory='home')"
    ".empire.set_mode_tyrant_params(True, links_no_follow=True, use_initgroups=True)"
    ".empire.set_mode_broodlord_params(3, vassal_overload_sos_interval=4, vassal_queue_items_sos=5)"
    ".empire.print_monitors()"
)
FLAGS = (
    *("--emperor=/a", "--emperor=/b", "--emperor-procname=n", "--emperor-freq=7", "--emperor-pidfile=p"),
    *("--early-emperor", "--emperor-stats=127.0.0.1:1", "--emperor-trigger-socket=t", "--emperor-nofollow"),
    *("--emperor-command-socket=c", "--emperor-wait-for-command", "--emperor-wait-for-command-ignore=x.ini"),
    *("--emperor-wait-for-command-ignore=y.ini", "--emperor-wrapper=w", "--emperor-wrapper-override=o"),
    *("--emperor-wrapper-override=q", "--emperor-wrapper-fallback=f", "--emperor-throttle=7"),
    *("--emperor-max-throttle=70", "--emperor-required-heartbeat=8", "--emperor-curse-tolerance=9"),
    *("--emperor-collect-attr=i", "--emperor-collect-attr=j", "--emperor-wrapper-attr=run"),
    *("--emperor-chdir-attr=home", "--emperor-tyrant", "--emperor-tyrant-nofollow", "--emperor-tyrant-initgroups"),
    *("--emperor-broodlord=3", "--vassal-sos=4", "--vassal-sos-backlog=5", "--imperial-monitor-list"),
)


def test_module_says_what_flags_say(tmp_path: Path) -> None:
    """A module that sets everything the group can set gives the settings that the flags for it give."""
    module = tmp_path / "uwsgicfg.py"
    module.write_text(MODULE.format(homes="", call=ALL))
    from_module, notes = gather_settings(parse_arguments([str(module)]))
    from_flags, _ = gather_settings(parse_arguments(FLAGS))
    assert from_module == from_flags
    assert {note.partition(" is not needed")[0].rpartition(" ")[2] for note in notes} == {
        "early-emperor",
        "vassal-sos",
        "vassal-sos-backlog",
    }


HOOKED = """
from uwsgiconf.config import Section, configure_uwsgi

def emperor():
    section, phases = Section(), Section.main_process.phases
    section.empire.set_emperor_params(vassals_home="/a")
    for phase in (phases.VASSAL_ON_DEMAND_IN, phases.VASSAL_CONFIG_CHANGE_POST, phases.VASSAL_SET_NAMESPACE,
                  phases.EMPEROR_STOP, phases.EMPEROR_RELOAD, phases.EMPEROR_LOST):
        section.main_process.set_hook(phase, section.main_process.actions.execute("true"))
    return section.set_option("cap", "setuid,setgid")

configure_uwsgi(emperor)
"""
HOOK_FLAGS = (
    *("--hook-as-on-demand-vassal", "--hook-as-on-config-vassal", "--hook-as-emperor-setns"),
    *("--hook-emperor-stop", "--hook-emperor-reload", "--hook-emperor-lost"),
)


def test_module_says_what_flags_of_other_groups_say(tmp_path: Path) -> None:
    """Hooks of the Emperor's, and options that no group has, mean the same from a module."""
    module = tmp_path / "uwsgicfg.py"
    module.write_text(HOOKED)
    from_module, _ = gather_settings(parse_arguments([str(module)]))
    flags = ["--emperor=/a", "--cap=setuid,setgid", *(f"{flag}=exec:true" for flag in HOOK_FLAGS)]
    assert from_module == gather_settings(parse_arguments(flags))[0]
