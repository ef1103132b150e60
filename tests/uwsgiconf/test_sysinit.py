"""Units that start uWSGI with the system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from uwsgiconf.config import Section
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.sysinit import TEMPLATES, TYPES, get_config

RUNNER = os.path.join(os.path.dirname(sys.executable), "uwsgiconf")


def test_types_and_templates_belong_together() -> None:
    """There is a template for every type."""
    assert list(TEMPLATES) == TYPES == ["systemd", "upstart"]


def test_a_systemd_unit() -> None:
    """The unit runs the module, waits for uWSGI to be ready, reloads with HUP and stops with INT."""
    section = Section(project_name="shop", runtime_dir="/run/shop")

    assert get_config("systemd", conf=section, conf_path="/srv/shop/uwsgicfg.py") == (
        "[Unit]\n"
        "Description=shop on uWSGI\n"
        "After=network.target\n"
        "\n"
        "[Service]\n"
        "Type=notify\n"
        "NotifyAccess=all\n"
        f"ExecStart={RUNNER} run /srv/shop/uwsgicfg.py\n"
        "ExecReload=/bin/kill -HUP $MAINPID\n"
        "KillSignal=SIGINT\n"
        "Restart=on-failure\n"
        "WorkingDirectory=/srv/shop\n"
        "RuntimeDirectory=shop\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def test_an_upstart_job() -> None:
    """The job runs the module and stops with INT."""
    job = get_config("upstart", conf=Section(), conf_path="/srv/shop/cfg.py", runner="/opt/run", project_name="store")

    assert job == (
        'description "store on uWSGI"\n'
        "\n"
        "start on runlevel [2345]\n"
        "stop on runlevel [06]\n"
        "\n"
        "respawn\n"
        "kill signal INT\n"
        "chdir /srv/shop\n"
        "exec /opt/run /srv/shop/cfg.py\n"
    )


def test_the_name_falls_back_to_the_directory() -> None:
    """Without a project, the service is called after the directory of the module."""
    assert "Description=shop on" in get_config("systemd", conf=Section(), conf_path="/srv/shop/cfg.py")


def test_an_unknown_type_is_refused() -> None:
    """The error names the types there are."""
    with pytest.raises(ConfigurationError) as caught:
        get_config("openrc", conf=Section(), conf_path="cfg.py")

    assert (caught.value.wanted, caught.value.found) == ("'systemd' or 'upstart'", "'openrc'")


def test_an_upstart_job_leaves_commands_to_a_shell() -> None:
    """What a shell would replace is quoted as for a shell, and percent signs are nothing special."""
    job = get_config("upstart", conf=Section(), conf_path="/srv/50% $HOME/cfg.py", runner="/opt/run")

    assert "exec /opt/run '/srv/50% $HOME/cfg.py'\n" in job
    assert 'description "50% $HOME on uWSGI"\n' in job


def test_directories_of_a_systemd_unit() -> None:
    """Directories keep their percent signs, blanks and braces."""
    section = Section(runtime_dir="/run/a {b}%")

    unit = get_config("systemd", conf=section, conf_path="/srv/50%d x/cfg.py")

    assert "WorkingDirectory=/srv/50%%d x\n" in unit
    assert 'RuntimeDirectory="a {b}%%"\n' in unit


@pytest.mark.parametrize(
    "name", ["cfg.py", "with blank.py", "50%.py", 'quo"te.py', "dollar$x.py", "back\\slash.py", "50%d x/cfg.py"]
)
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    """systemd itself finds nothing wrong with the unit, whatever the module is called."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        message = "systemd-analyze is missing; apt-get install systemd brings it"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    unit = tmp_path / "shop.service"
    section = Section(runtime_dir="/run/a b%d")
    unit.write_text(get_config("systemd", conf=section, conf_path=str(tmp_path / name), runner="/bin/true run"))

    done = subprocess.run([verify, "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False)

    assert "shop.service" not in done.stdout + done.stderr
