"""The master process, method by method: what `section.master_process` promises happens on a real uWSGI."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.instance import Instance
from tests.system.waiting import wait_for

StartInstance = Callable[..., Instance]


@pytest.fixture
def start(tmp_path: Path, free_port: int, uwsgi_binary: str) -> Iterator[StartInstance]:
    """Return a function that starts an instance; it is buried at the test's end."""
    started: list[Instance] = []

    def start_one(statements: str = "", **options: Any) -> Instance:
        started.append(Instance(tmp_path, free_port, statements, **options))
        return started[-1]

    yield start_one
    for instance in started:
        instance.bury()


def worker_of(instance: Instance) -> int:
    """The worker that answers."""
    return int(instance.answer().body.split()[0])


def is_running(pid: int) -> bool:
    """Whether a process is there and not only waiting to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_workers_do_not_outlive_their_master(start: StartInstance) -> None:
    """With `no_orphans`, workers of a master that was killed end, too."""
    instance = start("section.master_process.set_basic_params(no_orphans=True)")
    worker = worker_of(instance)

    os.kill(instance.pid, signal.SIGKILL)

    wait_for(lambda: not is_running(worker), "the worker to end", otherwise=instance.log)


def test_several_fifos_take_turns(start: StartInstance) -> None:
    """Of two FIFOs the first is listened to, until the command `1` binds the second."""
    instance = start('section.master_process.set_basic_params(fifo_file=[HERE + "/zero", HERE + "/one"])')
    instance.answer()

    instance.write_fifo("zero", "1")
    instance.wait_for_log(f"active master fifo is now {instance.directory}/one")
    instance.write_fifo("one", "Q")

    instance.wait_for_end()


def test_a_reload_can_mean_the_end(start: StartInstance) -> None:
    """With the exit event `reload`, SIGHUP ends the instance instead of reloading it."""
    instance = start("section.master_process.set_exit_events(reload=True)")
    instance.answer()

    os.kill(instance.pid, signal.SIGHUP)

    instance.wait_for_end()


def test_without_sigterm_as_an_exit_event_it_reloads(start: StartInstance) -> None:
    """Where the exit event is taken back, SIGTERM reloads the workers and the master stays."""
    instance = start("section.master_process.set_exit_events(sig_term=False)")
    worker = worker_of(instance)

    os.kill(instance.pid, signal.SIGTERM)

    wait_for(lambda: worker_of(instance) != worker, "another worker", otherwise=instance.log)
    assert not instance.is_gone()


RAISING = """\
def application(environ, start_response):
    raise RuntimeError("the reason")
"""


def test_exceptions_can_be_shown(start: StartInstance) -> None:
    """With `catch`, the answer tells of the exception."""
    instance = start("section.master_process.set_exception_handling_params(catch=True)", application=RAISING)

    assert "the reason" in instance.answer().body


def test_mercy_ends(start: StartInstance) -> None:
    """A worker that is still busy when the mercy of a reload is over is killed, and another one answers."""
    busy = """\
import os, time

def application(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/slow":
        with open(os.path.dirname(__file__) + "/busy", "w") as file:
            print(os.getpid(), file=file)
        time.sleep(1000)
    return [b"%d" % os.getpid()]
"""
    instance = start("section.workers.set_reload_params(mercy=1)", application=busy)
    instance.answer()
    instance.ask_and_leave("/slow")
    worker = int(instance.wait_for_file("busy", "\n"))

    os.kill(instance.pid, signal.SIGHUP)

    wait_for(lambda: not is_running(worker), "the worker to be killed", otherwise=instance.log)
    assert int(instance.answer().body) != worker


#: Tells of itself, then of every signal, in a file beside it.
ATTACHED = """\
import os, signal, sys, time

name, *arguments = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))

def tell(what):
    with open(f"{here}/{name}.log", "a") as log:
        log.write(f"{what}\\n")

for number in (signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, lambda number, frame: (tell(signal.Signals(number).name), sys.exit()))
if "daemonize" in arguments:
    if os.fork():
        sys.exit()
    os.setsid()
    with open(f"{here}/{name}.pid", "w") as pidfile:
        pidfile.write(str(os.getpid()))
tell(f"pid {os.getpid()} in {os.getcwd()} as {os.getuid()}:{os.getgid()} reading {os.readlink('/proc/self/fd/0')}")
time.sleep(1 if "short" in arguments else 1000)
tell("end")
"""


@pytest.fixture
def attach(start: StartInstance, tmp_path: Path) -> Callable[..., Instance]:
    """Return a function that starts an instance with a process attached that tells of itself."""
    (tmp_path / "attached.py").write_text(ATTACHED)
    (tmp_path / "elsewhere").mkdir()

    def attach_one(parameters: str, *arguments: str, also: str = "", **options: Any) -> Instance:
        words = " ".join(("attached", *arguments))
        return start(
            f"""
            import sys
            command = f"{{sys.executable}} {{HERE}}/attached.py {words}"
            section.master_process.attach_process(command, {parameters})
            {also}
            """,
            **options,
        )

    return attach_one


Attach = Callable[..., Instance]


def told_again(instance: Instance) -> str:
    """What the attached process told of itself when it was started a second time."""
    starts = wait_for(
        lambda: [line for line in told(instance) if line.startswith("pid")][1:],
        "a second start",
        otherwise=instance.log,
    )
    return starts[-1]


def told(instance: Instance, text: str = "\n") -> list[str]:
    """What the attached process told so far, once that has a text in it."""
    return instance.wait_for_file("attached.log", text).splitlines()


def pid_in(line: str) -> int:
    """The process id that a process told."""
    return int(line.split()[1])


def test_an_attached_process_is_told_to_stop(attach: Attach) -> None:
    """The signal for stopping is what it gets when the instance ends."""
    instance = attach("signal_stop=12")
    told(instance)

    os.kill(instance.pid, signal.SIGINT)

    assert told(instance, "SIGUSR2")[-1] == "SIGUSR2"


def test_an_attached_process_is_told_to_reload(attach: Attach) -> None:
    """The signal for reloading is what it gets when the instance reloads."""
    instance = attach("signal_reload=10")
    told(instance)

    os.kill(instance.pid, signal.SIGHUP)

    assert "SIGUSR1" in told(instance, "SIGUSR1")


def test_touching_a_file_starts_an_attached_process_again(attach: Attach, tmp_path: Path) -> None:
    """Its own touch file restarts it, and nothing else."""
    (tmp_path / "touched").touch()
    instance = attach('touch_reload=HERE + "/touched", signal_stop=12')
    first = pid_in(told(instance)[0])
    worker = worker_of(instance)

    instance.touch("touched")

    assert pid_in(told_again(instance)) != first
    assert worker_of(instance) == worker


def test_an_attached_process_runs_where_it_is_told_to(attach: Attach, tmp_path: Path) -> None:
    """`change_dir` is its directory."""
    instance = attach('change_dir=HERE + "/elsewhere"')

    assert f" in {tmp_path}/elsewhere " in told(instance)[0]


def test_an_attached_process_reads_nothing_unless_told_to(attach: Attach) -> None:
    """Its standard input is empty by default."""
    assert told(attach(""))[0].endswith("reading /dev/null")


def test_an_attached_process_reads_what_the_instance_reads(attach: Attach, tmp_path: Path) -> None:
    """With `honour_stdin` its standard input is the instance's, if that keeps its own."""
    (tmp_path / "input").touch()

    with (tmp_path / "input").open("rb") as stdin:
        instance = attach(
            "honour_stdin=True", also="section.main_process.set_basic_params(honour_stdin=True)", stdin=stdin
        )

    assert told(instance)[0].endswith(f"reading {tmp_path}/input")


def test_an_attached_process_without_its_pidfile_is_complained_about(attach: Attach) -> None:
    """One that should have gone into the background and did not is told of after as many checks as it was given."""
    instance = attach('pidfile=HERE + "/attached.pid", broken_counter=2')

    instance.wait_for_log("did not daemonize")
    assert len(told(instance)) == 1


def test_an_attached_process_can_be_somebody_else(start: StartInstance) -> None:
    """`uid` and `gid` are what it runs as, if the master is root."""
    if os.geteuid():
        pytest.skip("only root may run a process as somebody else; run the tests as root")

    instance = start('section.master_process.attach_process("id; sleep 1000", uid=65534, gid=65533)')

    instance.wait_for_log("uid=65534")
    instance.wait_for_log("gid=65533")


def test_a_process_of_a_user_by_name(start: StartInstance) -> None:
    """A user that is named is become too, instead of staying root."""
    if os.geteuid():
        pytest.skip("only root may run a process as somebody else; run the tests as root")

    instance = start('section.master_process.attach_process("id; sleep 1000", uid="nobody", gid="nogroup")')

    instance.wait_for_log("uid=65534")
    instance.wait_for_log("gid=65534")


def test_a_command_with_commas_is_run_whole(start: StartInstance) -> None:
    """What uWSGI separates the settings of an attached process by can be in its command."""
    instance = start('section.master_process.attach_process("echo said: one,two; sleep 1000")')

    instance.wait_for_log("said: one,two")


def test_a_control_process_takes_the_instance_along(attach: Attach) -> None:
    """When a control process ends, the instance ends."""
    instance = attach("control=True", "short")

    told(instance, "end")
    instance.wait_for_end()


def test_a_daemon_is_known_by_its_pidfile(attach: Attach, tmp_path: Path) -> None:
    """A process that puts itself into the background is watched by its pidfile, and started again."""
    clock = 'section.master_process.attach_process("true", pidfile=HERE + "/clock.pid")'
    instance = attach('daemonize=True, pidfile=HERE + "/attached.pid"', "daemonize", also=clock)
    first = pid_in(told(instance)[0])
    instance.wait_for_log(f"new_pid: {first})")
    # It is taken for running once uWSGI has looked again, which shows by what it sees of the other one then.
    (tmp_path / "clock.pid").write_text(str(os.getppid()))
    instance.wait_for_log(f"new_pid: {os.getppid()})")

    os.kill(first, signal.SIGKILL)

    second = pid_in(told_again(instance))
    assert second != first
    os.kill(instance.pid, signal.SIGINT)
    instance.wait_for_end()
    os.kill(second, signal.SIGKILL)  # those with a pidfile are left alone


def test_an_attached_process_can_have_pids_of_its_own(attach: Attach) -> None:
    """In a pid namespace of its own there is nobody before it but the shell that starts it."""
    if os.geteuid():
        pytest.skip("only root may make a pid namespace; run the tests as root")

    assert pid_in(told(attach("new_pid_ns=True"))[0]) <= 2


def test_an_attached_process_in_the_classic_form_is_started_again(start: StartInstance, tmp_path: Path) -> None:
    """The classic form keeps a process running in the foreground: one that is killed is replaced."""
    (tmp_path / "classic").write_text("#!/bin/sh\necho $$ >> classic.log\nexec sleep 1000\n")
    (tmp_path / "classic").chmod(0o755)
    log = tmp_path / "classic.log"
    instance = start(
        "section.main_process.change_dir(HERE).master_process.attach_process_classic("
        'HERE + "/classic", background=False)'
    )
    instance.answer()
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"), "the process", otherwise=instance.log)

    os.kill(int(log.read_text()), signal.SIGKILL)

    wait_for(lambda: len(log.read_text().split()) == 2, "another process", otherwise=instance.log)
