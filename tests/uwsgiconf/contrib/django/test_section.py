"""The section that serves a project: from its settings, and from its uwsgicfg.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import override_settings

from uwsgiconf.config import Section
from uwsgiconf.contrib.django.uwsgify import files, toolbox
from uwsgiconf.contrib.django.uwsgify.project import Project
from uwsgiconf.contrib.django.uwsgify.toolbox import SectionMutator, project_configurations
from uwsgiconf.exceptions import ConfigurationError
from uwsgiconf.presets.nice import ENV_MAINTENANCE, PythonSection

UWSGI_CACHE = "uwsgiconf.contrib.django.uwsgify.cache.UwsgiCache"


@pytest.fixture
def project(tmp_path: Path, runtime_dir: Path) -> Project:
    """A project that has nothing yet."""
    return Project("shop", str(tmp_path), "shop.settings")


def mutated(project: Project, section: Section | None = None, **wanted: bool) -> Section:
    """A section with what the project needs."""
    return SectionMutator(section or PythonSection(), project).mutate(**wanted)


def test_the_application_is_that_of_the_settings(project: Project) -> None:
    """WSGI_APPLICATION is loaded, from the directory of manage.py, with the settings of the project."""
    with override_settings(WSGI_APPLICATION="shop.wsgi.application"):
        entries = mutated(project).entries

    assert entries.texts("wsgi") == ["shop.wsgi:application"]
    assert entries.texts("pythonpath") == [project.directory]
    assert "DJANGO_SETTINGS_MODULE=shop.settings" in entries.texts("env")


def test_an_application_of_the_section_stands(project: Project) -> None:
    """What uwsgicfg.py loads is not replaced."""
    with override_settings(WSGI_APPLICATION="shop.wsgi.application"):
        entries = mutated(project, PythonSection(wsgi_module="/srv/other.py")).entries

    assert (entries.texts("wsgi"), entries.texts("wsgi-file")) == ([], ["/srv/other.py"])


def test_without_wsgi_application_django_makes_one(project: Project) -> None:
    """A project that names no application gets Django's."""
    with override_settings(WSGI_APPLICATION=None):
        assert mutated(project).entries.texts("wsgi") == ["django.core.wsgi:get_wsgi_application()"]


def test_runtime_files_are_in_the_directory_of_the_project(project: Project, runtime_dir: Path) -> None:
    """FIFO and pidfile are where the other commands look, and the FIFO goes with the instance."""
    entries = mutated(project).entries
    fifo = str(runtime_dir / "shop" / "uwsgi.fifo")

    assert entries.texts("master-fifo") == [fifo]
    assert entries.texts("pidfile") == [str(runtime_dir / "shop" / "uwsgi.pid")]
    assert entries.texts("hook-as-user-atexit") == [f"unlink:{fifo}"]


def test_runtime_files_of_the_section_stand(project: Project) -> None:
    """A FIFO that uwsgicfg.py sets is the one that is used."""
    own = PythonSection().master_process.set_basic_params(fifo_file="/run/own.fifo")

    assert mutated(project, own).entries.texts("master-fifo") == ["/run/own.fifo"]


@pytest.mark.parametrize("log", ["/var/log/shop.log", None])
def test_the_master_writes_a_log_file(project: Project, log: str | None) -> None:
    """Where there is a log file, the master writes it, so that it can be rotated."""
    assert mutated(project, PythonSection(log_into=log)).entries.texts("log-master") == (["true"] if log else [])


@pytest.mark.parametrize(
    ("left_out", "options"),
    [
        ("static", ["static-map"]),
        ("errpages", ["error-page-403", "error-page-404", "error-page-500"]),
        ("runtimes", ["master-fifo", "pidfile", "route-run", "hook-as-user-atexit"]),
    ],
)
def test_what_is_not_wanted_is_left_out(project: Project, left_out: str, options: list[str]) -> None:
    """Each thing that is added can be left out, and only it."""
    everything, without = (
        mutated(project).entries,
        SectionMutator(PythonSection(), project).mutate(**{left_out: False}).entries,
    )

    assert all(everything.texts(option) for option in options)
    gone = {entry.name for entry in everything} - {entry.name for entry in without}
    assert set(options) <= gone
    assert gone - set(options) <= {"route", "route-if-not", "route-label"}


def test_caches_of_the_settings_are_created(project: Project) -> None:
    """Each cache of uWSGI that CACHES uses is declared once; those of other kinds are not."""
    caches = {
        "default": {"BACKEND": UWSGI_CACHE, "LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": 9, "BLOCK_SIZE": 4096}},
        "again": {"BACKEND": UWSGI_CACHE, "LOCATION": "pages"},
        "kept": {"BACKEND": UWSGI_CACHE, "OPTIONS": {"STORE": "/var/lib/shop.cache"}},
        "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    with override_settings(CACHES=caches):
        declared = mutated(project).entries.texts("cache2")

    usual = "purge_lru=1,lazy_expire=1,ignore_full=1"
    assert declared == [
        f"name=pages,maxitems=10,blocksize=4096,keysize=2048,{usual}",
        f"name=default,maxitems=301,blocksize=65536,keysize=2048,{usual},store=/var/lib/shop.cache,store_delete=1",
    ]


def test_a_cache_that_could_not_be_found_again_is_refused(project: Project) -> None:
    """A name that means something else to uWSGI is told, instead of a cache that never keeps anything."""
    caches = {"default": {"BACKEND": UWSGI_CACHE, "LOCATION": "pages@home"}}
    with override_settings(CACHES=caches), pytest.raises(ConfigurationError) as caught:
        mutated(project)

    assert caught.value.thing == "CACHES: LOCATION 'pages@home'"
    assert "without @" in caught.value.wanted


def test_a_cache_of_the_section_stands(project: Project) -> None:
    """A cache that uwsgicfg.py declares is not declared twice, which uWSGI would refuse."""
    own = PythonSection().caching.add_cache("pages", 100)
    with override_settings(CACHES={"default": {"BACKEND": UWSGI_CACHE, "LOCATION": "pages"}}):
        assert len(mutated(project, own).entries.texts("cache2")) == 1


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("MAX_ENTRIES", "abc", "a whole number, 1 or more"),
        ("MAX_ENTRIES", 0, "a whole number, 1 or more"),
        ("BLOCK_SIZE", -1, "a whole number, 1 or more"),
        ("BLOCK_SIZE", 1.5, "a whole number, 1 or more"),
        ("KEY_SIZE", 65536, "a whole number from 1 to 65535"),
    ],
)
def test_sizes_of_caches_are_numbers(project: Project, name: str, value: object, wanted: str) -> None:
    """A size that uWSGI would not start with, or take for another one, is told by its name."""
    caches = {"default": {"BACKEND": UWSGI_CACHE, "OPTIONS": {name: value}}}
    with override_settings(CACHES=caches), pytest.raises(ConfigurationError) as caught:
        mutated(project)
    assert (caught.value.thing, caught.value.wanted) == (f"CACHES: OPTIONS, {name}", wanted)
    assert caught.value.found == repr(value)


def test_maintenance_lets_the_admin_pass(project: Project, runtime_dir: Path) -> None:
    """While the file exists all but the admin and static files get the page with status 503."""
    entries = [(entry.name, entry.text) for entry in mutated(project).entries if entry.name.startswith("route")]
    page = PythonSection.get_bundled_static_path("503.html")

    assert entries == [
        ("route-if-not", f"exists:{runtime_dir}/shop/maintenance goto:uwsgify-open"),
        ("route", "^/admin/ goto:uwsgify-open"),
        ("route", "^/static/ goto:uwsgify-open"),
        ("route-run", "addheader:Retry-After: 300"),
        ("route-run", "addheader:Cache-Control: no-store"),
        ("route-run", f"file:filename={page},status=503 Service Unavailable"),
        ("route-label", "uwsgify-open"),
    ]


@pytest.mark.parametrize(("embedded", "plugins"), [(True, []), (False, ["python3", "router_static"])])
def test_plugins_are_loaded_where_they_are_not_built_in(project: Project, embedded: bool, plugins: list[str]) -> None:
    """The page of the maintenance mode needs a plugin that distributions have apart."""
    assert mutated(project, PythonSection(embedded_plugins=embedded)).entries.texts("plugin") == plugins


def test_the_admin_passes_in_every_language(project: Project) -> None:
    """Where URLs begin with the language, the admin can be reached in each of them."""
    languages = [("en", "English"), ("de", "German")]
    with override_settings(ROOT_URLCONF=f"{__package__}.site_urls_in_languages", LANGUAGES=languages):
        assert mutated(project).entries.texts("route")[:2] == [
            "^/en/chief/ goto:uwsgify-open",
            "^/de/chief/ goto:uwsgify-open",
        ]


def test_without_an_admin_nothing_else_passes(project: Project) -> None:
    """A project that has no admin has only its static files open during maintenance."""
    with override_settings(ROOT_URLCONF="django.contrib.auth.urls"):
        assert mutated(project).entries.texts("route") == ["^/static/ goto:uwsgify-open"]


def test_paths_that_no_rule_can_have(project: Project, tmp_path: Path) -> None:
    """A path that uWSGI would take for several words is told before it refuses to start without saying why."""
    with (
        override_settings(UWSGIFY_RUNTIME_DIR=tmp_path / "run time"),
        pytest.raises(ConfigurationError, match="maintenance mode: wanted a path without ' '") as caught,
    ):
        mutated(project)
    assert caught.value.found == repr(f"{tmp_path}/run time/shop/maintenance")
    assert "UWSGIFY_RUNTIME_DIR" in caught.value.remedy

    page = tmp_path / "a,b" / "uwsgify" / "503.html"
    page.parent.mkdir(parents=True)
    page.touch()
    with (
        override_settings(STATICFILES_DIRS=[tmp_path / "a,b"]),
        pytest.raises(ConfigurationError, match="wanted a path without ','"),
    ):
        mutated(project)
    with override_settings(UWSGIFY_RUNTIME_DIR=tmp_path / "run time"):
        assert mutated(project, runtimes=False)


def test_a_maintenance_mode_of_the_section_stands(project: Project) -> None:
    """Where uwsgicfg.py replaces the application during maintenance, no second mode is added."""
    own = PythonSection(wsgi_module="shop.wsgi").configure_maintenance_mode("/srv/down", "app")
    entries = mutated(project, own).entries

    assert [text for text in entries.texts("env") if text.startswith(ENV_MAINTENANCE + "=")] == [
        f"{ENV_MAINTENANCE}=/srv/down"
    ]
    assert not entries.texts("route-if-not")


def test_static_files_are_found_before_they_are_collected(tmp_path: Path) -> None:
    """Without STATIC_ROOT, the directories that the finders know are served, with their prefixes, in their order."""
    own, prefixed = tmp_path / "own", tmp_path / "prefixed"
    with override_settings(STATICFILES_DIRS=[own, ("shop", prefixed)], STATIC_URL="assets/"):
        maps = files.static_maps()

    assert maps[:2] == [("/assets", str(own)), ("/assets/shop", str(prefixed))]
    assert maps[2].directory.endswith("uwsgify/static")
    assert maps[3].directory.endswith("admin/static")


@pytest.mark.parametrize(("debug", "is_collected"), [(False, True), (True, False)])
def test_collected_static_files_are_served(tmp_path: Path, *, debug: bool, is_collected: bool) -> None:
    """STATIC_ROOT is served once there is something in it; with DEBUG, what is not collected yet is served."""
    with override_settings(STATIC_ROOT=tmp_path, DEBUG=debug):
        directories = [static.directory for static in files.static_maps()]

    assert (directories == [str(tmp_path)]) is is_collected


@pytest.mark.parametrize(
    ("media_url", "mountpoints"),
    [("media/", ["/media"]), ("/up/loads/", ["/up/loads"]), ("https://cdn.example.org/m/", []), ("", []), ("/", [])],
)
def test_media_are_served_from_this_host(tmp_path: Path, media_url: str, mountpoints: list[str]) -> None:
    """MEDIA_ROOT is served at MEDIA_URL, unless that is on another host or is the whole site."""
    with override_settings(MEDIA_URL=media_url, MEDIA_ROOT=tmp_path, STATIC_URL="https://cdn.example.org/"):
        assert files.static_maps() == [(mountpoint, str(tmp_path)) for mountpoint in mountpoints]


def test_mime_types_come_along_where_the_system_has_none(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /etc/mime.types, style sheets would be sent without a type and ignored by browsers."""
    monkeypatch.setattr(toolbox, "_MIME_TYPES", str(tmp_path / "none"))
    (path,) = mutated(project).entries.texts("mimefile")

    assert "text/css css\n" in Path(path).read_text()


def test_pages_of_the_project_come_before_ours(tmp_path: Path) -> None:
    """`uwsgify/404.html` among the static files of a project is the page for that status."""
    (tmp_path / "uwsgify").mkdir()
    (tmp_path / "uwsgify" / "404.html").write_text("gone")
    with override_settings(STATICFILES_DIRS=[tmp_path]):
        assert files.error_page(404) == str(tmp_path / "uwsgify" / "404.html")
        assert files.error_page(500) == PythonSection.get_bundled_static_path("500.html")


class LoudMutator(SectionMutator):
    """A mutator of a project's own."""

    def adjust(self) -> None:
        """Add a header."""
        self.section.routing.header_add("X-Shop", "open")

    def contribute_errpages(self) -> LoudMutator:
        """Leave the pages out."""
        return self


def test_a_project_has_a_mutator_of_its_own(runtime_dir: Path) -> None:
    """UWSGIFY_SECTION_MUTATOR names a class that may change everything."""
    with override_settings(UWSGIFY_SECTION_MUTATOR=f"{__name__}.LoudMutator"):
        configurations, _ = project_configurations()
    entries = configurations[0].sections[0].entries

    assert entries.texts("add-header") == ["X-Shop: open"]
    assert not entries.texts("error-page-404")


CONFIGURATION = """\
from uwsgiconf.config import configure_uwsgi
from uwsgiconf.presets.nice import PythonSection

configure_uwsgi(lambda: PythonSection.bootstrap("http://127.0.0.1:7777", workers=3))
"""


@pytest.mark.parametrize("place", [".", "shop"])
def test_uwsgicfg_is_found(tmp_path: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A uwsgicfg.py beside manage.py, or beside the settings, is what the section is made from."""
    (tmp_path / "shop").mkdir()
    (tmp_path / place / "uwsgicfg.py").write_text(CONFIGURATION)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "manage.py"), "uwsgi_run"])
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")

    configurations, module = project_configurations()
    entries = configurations[0].sections[0].entries

    assert module == os.path.normpath(tmp_path / place / "uwsgicfg.py")
    assert entries.texts("http-socket") == ["127.0.0.1:7777"]
    assert entries.texts("workers") == ["3"]
    assert entries.texts("master-fifo") == [str(runtime_dir / "shop" / "uwsgi.fifo")]


DOCUMENTED = """\
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


def test_the_documented_uwsgicfg_works(tmp_path: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A uwsgicfg.py as it has always been written loads the file it names, and gets the rest."""
    (tmp_path / "uwsgicfg.py").write_text(DOCUMENTED)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "manage.py"), "uwsgi_run"])
    entries = project_configurations()[0][0].sections[0].entries

    assert entries.texts("wsgi-file") == [str(tmp_path / "wsgi.py")]
    assert entries.texts("wsgi") == []
    assert entries.texts("static-map")


def test_without_uwsgicfg_the_usual_address_is_served(
    tmp_path: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project without a configuration of its own listens at the usual address, named by its manage.py."""
    monkeypatch.setattr("sys.argv", [str(tmp_path / "manage.py"), "uwsgi_run"])
    configurations, module = project_configurations()

    assert module == str(tmp_path / "manage.py")
    assert configurations[0].sections[0].entries.texts("http-socket") == ["127.0.0.1:8000"]
