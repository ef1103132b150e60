"""What somebody would write with each group of options is understood by a real uWSGI."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from uwsgiconf.config import Section
from uwsgiconf.options.groups import NAMES as GROUP_NAMES


def _alarms(section: Section) -> None:
    alarms = section.alarms
    alarms(msg_size=4096, cheap=True, anti_loop_timeout=5)
    section.workers.set_mules_params(mules=1)
    alarms.register_alarm([alarms.alarm_types.command("run", command="cat"), alarms.alarm_types.mule("tell", mule=1)])
    alarms.alarm_on_log(alarms.alarm_types.log("note"), "error", skip=True)
    alarms.alarm_on_queue_full("run").alarms.alarm_on_segfault(alarms.alarm_types.signal("sig", sig=3))


def _applications(section: Section) -> None:
    section.applications(max_per_worker=8, single_interpreter=True, no_default=True, manage_script_name=True)
    section.applications.mount("/one", "app.py").applications.switch_into_lazy_mode()


def _caching(section: Section) -> None:
    section.caching(expire_scan_interval=7, report_freed=True)
    section.caching.add_cache("big", 100, block_size=4096, mode_bitmap=True, block_count=200, hash_algo="murmur2")
    section.caching.add_cache(
        "old", 10, full_purge_lru=True, use_lastmod=True, store="old.cache", store_sync_interval=9
    )
    section.caching.add_item("key", "value").caching.add_file("app.py", cache_name="big")


def _cheapening(section: Section) -> None:
    algorithm = section.cheapening.algorithms.busyness()
    algorithm.set_basic_params(busy_max=70, busy_min=20, idle_cycles_max=5, verbose=True)
    algorithm.set_emergency_params(workers_step=2, queue_size=20)
    section.workers(count=8).cheapening(cheaper_algo=algorithm, workers_min=2, workers_startup=3, workers_step=2)
    section.logging(memory_report=1).cheapening.set_memory_limits(rss_soft=1 << 30, rss_hard=1 << 31)


def _empire(section: Section) -> None:
    section.empire.set_throttle_params(level=500, level_max=5000).empire.set_tolerance_params(for_heartbeat=9)
    section.empire.set_mode_broodlord_params(vassal_queue_items_sos=9, vassal_overload_sos_interval=3)


def _locks(section: Section) -> None:
    section.locks(count=3, thunder_lock=True).locks.lock_file("app.py", after_setup=True, wait=True)


def _logging(section: Section) -> None:
    logging = section.logging
    logging(template=f"{logging.vars.REQ_URI} {logging.vars.metric('worker.0.requests')}", prefix_date="%Y %H:%M:%S")
    logging.set_filters(include="a", exclude="b", write_errors=False, sigpipe=False, write_errors_tolerance=3)
    logging.set_requests_filters(slower=10, bigger=1000, status_4xx=True, no_body=True)
    logging.set_file_params(truncate_on_startup=True, max_size=10000, touch_rotate="app.py", mode="644")
    logging.add_logger([logging.loggers.stdio(alias="out"), logging.loggers.file("all.log", alias="all")])
    logging.add_logger_route("all", "error").logging.add_logger(logging.loggers.fd(1), requests_only=True)
    logging.add_logger_encoder([logging.encoders.prefix("x"), logging.encoders.newline()], logger="all")
    logging.add_logger_encoder(logging.encoders.format(f"{logging.encoders.format.vars.MESSAGE}"), requests_only=True)
    logging.set_master_logging_params(enable=True, dedicate_thread=True, buffer=4096, sock_stream=True)


def _main_process(section: Section) -> None:
    main, actions = section.main_process, section.main_process.actions
    main(touch_reload="app.py", priority=3, vacuum=True, honour_stdin=True).main_process.set_pid_file(
        "a.pid", safe=True
    )
    main.set_naming_params(autonaming=True, prefix="a-", suffix="-b").main_process.change_dir(".")
    main.set_hook(main.phases.ASAP, [actions.dir_create("made"), actions.file_write("made/f", "text", newline=True)])
    main.set_hook(
        main.phases.APP_LOAD_PRE, [actions.printout("hello"), actions.execute("true"), actions.unlink("made/f")]
    )
    main.set_hook_touch("app.py", actions.printout("touched")).main_process.run_command_on_touch(
        "true", target="app.py"
    )
    main.run_command_on_event("true", phase=main.phases.APP_LOAD_POST)


def _master_process(section: Section) -> None:
    master = section.master_process
    master(name="boss", no_orphans=True, subproc_check_interval=2, fifo_file=["a.fifo", "b.fifo"])
    master.add_cron_task("true", hour=-3, minute=10, unique=True, harakiri=10)
    master.attach_process("sleep 60", broken_counter=3, signal_stop=9, touch_reload=["app.py"], change_dir=".")
    master.attach_process_classic("sleep 60", background=False)
    master.set_idle_params(timeout=60, exit=True).master_process.set_reload_params(mercy=5)
    master.set_exit_events(sig_term=True).master_process.set_exception_handling_params(catch=True)


def _monitoring(section: Section) -> None:
    monitoring = section.monitoring
    types, collectors = monitoring.metric_types, monitoring.collectors
    monitoring.set_metrics_params(enable=True, no_cores=True)
    monitoring.register_metric(
        [
            types.counter("mine.hits", oid="100.1", initial_value=5),
            types.gauge("mine.load", collector=collectors.file("/proc/loadavg", get_slot=0), collect_interval=5),
            types.absolute("mine.sum", collector=collectors.sum(["mine.hits", "mine.load"]), reset_after_push=True),
            types.absolute("mine.more", collector=collectors.adder("mine.hits", 3)),
            types.alias("mine.other", alias_for="mine.hits"),
        ]
    )
    section.alarms.register_alarm(section.alarms.alarm_types.log("note"))
    monitoring.set_metrics_threshold("mine.hits", 100, alarm="note", alarm_message="many", reset_to=0, check_interval=9)
    monitoring.set_stats_params("stats.sock", enable_http=True, minify=True)
    monitoring.register_stats_pusher(
        [monitoring.pushers.socket("127.0.0.1:9", prefix="x"), monitoring.pushers.statsd("127.0.0.1:9")]
    )


def _networking(section: Section) -> None:
    networking, sockets = section.networking, section.networking.sockets
    networking(queue_size=20, buffer_size=8192, buffer_post_size=4096).networking.set_socket_params(send_timeout=5)
    networking.set_unix_socket_params(permissions="660", umask="022")
    section.workers(count=2)
    wsgi = section.routing.modifiers.wsgi()
    networking.register_socket(
        [
            sockets.http(sockets.shared("shared.sock"), bound_workers=2),
            sockets.http("h.sock", http11=True, bound_workers=[1, 2], modifier=wsgi),
            sockets.uwsgi("u.sock", persistent=True),
            sockets.fastcgi("f.sock", nph=True, modifier=wsgi),
            sockets.scgi("s.sock"),
        ]
    )


def _python(section: Section) -> None:
    section.python(enable_threads=True, search_path=["."], os_env_reload=True, python_binary=sys.executable)
    section.python.set_wsgi_params(module="./app.py", env_strategy="holy").python.set_app_args("a", "b")
    section.python.register_module_alias("other", "json").python.import_module(["json", "time"])
    section.python.import_module("time", shared=True).python.set_autoreload_params(scan_interval=5, ignore_modules="x")


def _queue(section: Section) -> None:
    section.queue.enable(100, block_size=4096, store="queue.store", store_sync_interval=5)


def _routing(section: Section) -> None:
    routing, rule = section.routing, section.routing.route_rule
    actions, transforms, subjects, found = rule.actions, rule.transforms, rule.subjects, rule.vars
    routing.register_route(
        [
            rule(actions.add_var_cgi("A", found.request("PATH_INFO")), "^/a"),
            rule(actions.header_add("X", rule.var_functions.upper(found.cookie("c"))), subjects.http_host("^a")),
            rule(actions.add_var_log("user=me", None), "^/log"),
            rule(actions.log("x"), subjects.custom(found.query("q")).eq("1")),
            rule(actions.log(None), ~subjects.custom("/x").exists()),
            rule(actions.send("x", crnl=True), subjects.custom(found.request("CONTENT_LENGTH")).gt(5)),
            rule(actions.auth_basic("r", user="u", password="p"), subjects.request_uri("^/private")),
            rule(actions.route_uwsgi("u.sock", modifier=routing.modifiers.wsgi()), "^/u"),
            rule(actions.rewrite("/b", do_continue=True), "^/c"),
            rule(actions.set_harakiri(5), "^/slow"),
            rule(actions.do_goto("end"), "^/skip"),
        ]
    )
    routing.register_route(rule(transforms.fix_content_len(add_header=True)), label="end")
    routing.register_route(
        [rule(transforms.gzip()), rule(transforms.to_file("c.html", mode="644")), rule(transforms.flush())]
    )
    routing.register_route(rule(actions.log("e"), subjects.status("^5"), rule.stages.ERROR))
    routing.register_route(rule(actions.log("f"), stage=rule.stages.FINAL))
    routing.header_add("X", "y").routing.header_remove("Z").routing.header_collect("A", "B", pull=True)
    http = routing.routers.http("r.sock", forward_to=["u.sock"]).set_basic_params(workers=2, keepalive=5)
    routing.use_router(http.set_connections_params(harakiri=5).set_manage_params(websockets=True, gzip=True))
    fast = routing.routers.fast("fast.sock", forward_to=routing.routers.fast.forwarders.path("/tmp/%s.sock"))
    routing.use_router(fast.set_owner_params().set_postbuffering_params(4096))
    cache = routing.routers.raw.forwarders.cache()
    section.caching.add_cache("nodes", 10).routing.use_router(routing.routers.raw("raw.sock", forward_to=cache))


def _spooler(section: Section) -> None:
    section.spooler(
        process_count=2, max_tasks=9, order_tasks=True, harakiri=5, poll_interval=7, quiet=True, base_dir="."
    )
    section.spooler.add(["spool"])


def _statics(section: Section) -> None:
    statics = section.statics
    statics(static_dir=[".", statics.DIR_DOCUMENT_ROOT], index_file="i.html", skip_ext=".py")
    statics(transfer_mode=statics.transfer_modes.ACCEL_REDIRECT).statics.register_static_map(
        "/s", ".", safe_target=True
    )
    section.caching.add_cache("paths", 10).statics.set_paths_caching_params(timeout=5, cache_name="paths")
    for criterion in ("FILENAME", "MIME_TYPE", "PATH_INFO", "REQUEST_URI"):
        statics.add_expiration_rule(
            getattr(statics.expiration_criteria, criterion), ["a/b"], timeout=60, use_mod_time=True
        )


def _subscriptions(section: Section) -> None:
    section.subscriptions.set_client_params(start_unsubscribed=True, announce_interval=5, unsubscribe_on_reload=True)
    section.subscriptions.set_server_params(tolerance=9, key_dot_split=True)
    algorithm = section.subscriptions.algorithms.ip_hash(1)
    section.subscriptions.subscribe(
        "127.0.0.1:9", key="a.example", balancing_weight=2, balancing_algo=algorithm, address=0
    )


def _workers(section: Section) -> None:
    workers = section.workers
    workers(count=2, touch_reload="app.py", touch_chain_reload="app.py", zombie_reaper=True, cpu_affinity=1)
    workers.set_thread_params(enable=True, count=2, count_offload=1, stack_size=512, no_wait=True)
    workers.set_mules_params(1, farms=[workers.mule_farm("a", 2), workers.mule_farm("b", [2, 3])], harakiri_timeout=9)
    workers.set_reload_params(
        min_lifetime=5, max_lifetime=100, max_requests=50, max_rss=500, max_rss_forced=600, mercy=5
    )
    workers.set_reload_on_exception_params(do_reload=True, etype="ValueError")
    workers.set_harakiri_params(timeout=30, verbose=True, disable_for_arh=True)
    workers.set_zerg_server_params("zerg.sock")


#: What somebody would really write with each group.
EXAMPLES = {name.removeprefix("_"): function for name, function in list(globals().items()) if name[1:] in GROUP_NAMES}


def test_every_group_has_an_example() -> None:
    """No group is left out below."""
    assert sorted(EXAMPLES) == sorted(GROUP_NAMES)


@pytest.mark.parametrize("group", EXAMPLES)
def test_every_group_is_understood(group: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """A strict uWSGI that sets up all of what a group says, and would serve next, has no objection to it."""
    (tmp_path / "app.py").write_text("def application(environ, start_response): ...\n")
    (tmp_path / "spool").mkdir()
    section = Section(embedded_plugins=Section.embedded_plugins_presets.PROBE)
    section.networking.register_socket(section.networking.sockets.default("main.sock"))
    EXAMPLES[group](section)
    understood, told = _is_understood(section, uwsgi_binary, tmp_path)
    assert understood, told


def _is_understood(section: Section, binary: str, directory: Path) -> tuple[bool, str]:
    """Whether a strict uWSGI sets all of a section up, short of serving; and what it told."""
    section.set_basic_params(strict_config=True).master_process(enable=True).set_option("no-server", True)
    file = section.as_configuration().tofile(directory / "a.ini")
    done = subprocess.run(
        [binary, "--ini", file],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


#: What is legal, and refused by uWSGI unless it is written with care.
ODD: dict[str, Callable[[Section], object]] = {
    "nobody is let in": lambda s: s.routing.register_route(
        s.routing.route_rule(s.routing.route_rule.actions.auth_basic("Keep out", do_next=True))
    ),
    "blank in a path": lambda s: s.routing.register_route(
        s.routing.route_rule(s.routing.route_rule.actions.log("x"), "^/my file")
    ),
    "mode of four digits": lambda s: s.networking.set_unix_socket_params(permissions="0660"),
    "number of root": lambda s: s.routing.use_router(s.routing.routers.http("r.sock").set_owner_params(0, 0)),
    "cron command with an equals sign": lambda s: s.master_process.add_cron_task("./report?a=b"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_understood(name: str, uwsgi_binary: str, tmp_path: Path) -> None:
    """A strict uWSGI has no objection to what is odd and legal."""
    section = Section(embedded_plugins=Section.embedded_plugins_presets.PROBE)
    section.networking.register_socket(section.networking.sockets.default("main.sock"))
    ODD[name](section)
    understood, told = _is_understood(section, uwsgi_binary, tmp_path)
    assert understood, told


def test_an_objection_would_be_noticed(uwsgi_binary: str, tmp_path: Path) -> None:
    """What uWSGI does object to makes the check above fail."""
    section = Section().set_option("socket", "main.sock").set_option("route-run", "nosuchaction:x")
    understood, told = _is_understood(section, uwsgi_binary, tmp_path)
    assert not understood
    assert "nosuchaction" in told
