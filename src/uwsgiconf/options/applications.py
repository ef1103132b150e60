"""Applications: which ones an instance runs, and when they are loaded."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT


class Applications(OptionsGroup[SectionT]):
    """Which applications an instance runs, and when they are loaded."""

    def set_basic_params(
        self,
        *,
        exit_if_none: bool | None = None,
        max_per_worker: int | None = None,
        single_interpreter: bool | None = None,
        no_default: bool | None = None,
        manage_script_name: bool | None = None,
    ) -> SectionT:
        """Set how applications are found and loaded.

        :param exit_if_none: End uWSGI when no application could be loaded. Source: ``need-app``.
        :param max_per_worker: How many applications one worker can hold. Default: 64. Source: ``max-apps``.
        :param single_interpreter: Load all applications into one interpreter, instead of one each.
            Source: ``single-interpreter``.
        :param no_default: Do not serve with the first application what no mountpoint matches.
            Source: ``no-default-app``.
        :param manage_script_name: Split the path into SCRIPT_NAME and PATH_INFO by the mountpoint, see `mount`.
            Source: ``manage-script-name``.
        """
        return self._set(
            {
                "need-app": exit_if_none,
                "max-apps": max_per_worker,
                "single-interpreter": single_interpreter,
                "no-default-app": no_default,
                "manage-script-name": manage_script_name,
            }
        )

    def mount(self, mountpoint: str, app: str, *, into_worker: bool = False) -> SectionT:
        """Load an application for a part of the site.

        :param mountpoint: Start of the path, such as `/app1`, without a slash at its end; or a host name, or the name
            that UWSGI_APPID asks for. A path needs the basic parameter `manage_script_name` too.
        :param app: File or module of the application. Source: ``mount``.
        :param into_worker: Load it in each worker, after it was spawned. Source: ``worker-mount``.
        """
        return self._set({"worker-mount" if into_worker else "mount": f"{mountpoint}={app}"})

    def switch_into_lazy_mode(self, *, affect_master: bool | None = None) -> SectionT:
        """Load applications in each worker instead of once in the master.

        It costs memory, as workers then share none of it. See also `touch_chain_reload` of `Workers`.

        :param affect_master: Reload signals reload the workers only and the master stays as it is, so that it does not
            see a changed configuration. Source: ``lazy``, otherwise ``lazy-apps``.
        """
        return self._set({"lazy" if affect_master else "lazy-apps": True})
