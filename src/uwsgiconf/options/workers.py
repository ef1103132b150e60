"""Workers: the processes that answer requests, and those beside them."""

from __future__ import annotations

from typing import Any

from ..base import OptionsGroup, SectionT
from ..values import ParametrizedValue, Paths, Strings, as_list


class MuleFarm(ParametrizedValue):
    """A group of mules, which take work under one name.

    :param name: The name.
    :param mule_numbers: Numbers of the mules, from 1; or how many there are, which are then numbered by themselves.
    """

    def __init__(self, name: str, mule_numbers: int | list[int]) -> None:
        super().__init__()
        self.alias = name
        self.mule_numbers = mule_numbers

    def numbered(self, first: int) -> list[int]:
        """The numbers of its mules.

        :param first: The number to begin with, where the farm says only how many they are.
        """
        if isinstance(self.mule_numbers, int):
            return list(range(first, first + self.mule_numbers))
        return [int(number) for number in self.mule_numbers]


class Workers(OptionsGroup[SectionT]):
    """Workers are the processes that answer requests. Unless told otherwise there is one per processor core."""

    #: A group of mules, for `set_mules_params`.
    mule_farm = MuleFarm

    def __init__(self, *args: Any, section: SectionT | None = None, **kwargs: Any) -> None:
        super().__init__(section=section)
        if self._section.entries.last("workers") is None:
            self.set_count_auto()
        if args or kwargs:
            self(*args, **kwargs)

    def set_basic_params(
        self,
        *,
        count: int | None = None,
        touch_reload: Paths | None = None,
        touch_chain_reload: Paths | None = None,
        zombie_reaper: bool | None = None,
        limit_addr_space: int | None = None,
        limit_count: int | None = None,
        cpu_affinity: int | None = None,
    ) -> SectionT:
        """Set how many workers there are, and what they may take.

        :param count: How many. Default: one per processor core. Source: ``workers``.
        :param touch_reload: Reload workers when one of these is touched. Source: ``touch-workers-reload``.
        :param touch_chain_reload: Reload them one after the other then, so that some always serve; they have to load
            applications by themselves, see `Applications.switch_into_lazy_mode`. Source: ``touch-chain-reload``.
        :param zombie_reaper: Look after each request for child processes that ended. Source: ``reaper``.
        :param limit_addr_space: Megabytes of address space a process may take. Source: ``limit-as``.
        :param limit_count: Processes the user may have. Source: ``limit-nproc``.
        :param cpu_affinity: Processor cores that each worker may use, on Linux. Source: ``cpu-affinity``.
        """
        return self._set(
            {
                "workers": count,
                "touch-workers-reload": touch_reload,
                "touch-chain-reload": touch_chain_reload,
                "reaper": zombie_reaper,
                "limit-as": limit_addr_space,
                "limit-nproc": limit_count,
                "cpu-affinity": cpu_affinity,
            }
        )

    def run_command_as_worker(self, command: str, *, after_post_fork_hook: bool = False) -> SectionT:
        """Run a command in the place of a worker.

        :param command: The command line. Source: ``worker-exec``.
        :param after_post_fork_hook: Do so after the hooks that follow the fork. Source: ``worker-exec2``.
        """
        return self._set({"worker-exec2" if after_post_fork_hook else "worker-exec": command})

    def set_count_auto(self, count: int | None = None) -> SectionT:
        """Set how many workers there are.

        :param count: How many. Default: one per processor core. Source: ``workers``.
        """
        return self._set({"workers": count or self._section.vars.CPU_CORES})

    def set_thread_params(
        self,
        enable: bool | None = None,
        *,
        count: int | None = None,
        count_offload: int | None = None,
        stack_size: int | None = None,
        no_wait: bool | None = None,
    ) -> SectionT:
        """Set how threads work.

        :param enable: Let threads of the application run. Source: ``enable-threads``.
        :param count: Threads of each worker that answer requests; not with gevent. Source: ``threads``.
        :param count_offload: Threads of each worker that send files and the like, one per core if any. Default: 0.
            Source: ``offload-threads``.
        :param stack_size: Size of a thread's stack in kilobytes. Source: ``threads-stacksize``.
        :param no_wait: Do not wait for threads when the worker ends. Source: ``no-threads-wait``.
        """
        self._set(
            {
                "enable-threads": enable,
                "no-threads-wait": no_wait,
                "threads": count,
                "offload-threads": count_offload,
            }
        )
        if count:
            self._section.print_out(f"Threads per worker: {count}")
        return self._set({"threads-stacksize": stack_size})

    def set_mules_params(
        self,
        mules: int | list[str] | list[int] | None = None,
        *,
        touch_reload: Paths | None = None,
        harakiri_timeout: int | None = None,
        farms: MuleFarm | list[MuleFarm] | None = None,
        reload_mercy: int | None = None,
        msg_buffer: int | None = None,
        msg_buffer_recv: int | None = None,
    ) -> SectionT:
        """Run mules: processes that answer no requests, and take work from workers.

        :param mules: How many, or a list of the files they run. Source: ``mules``, ``mule``.
        :param touch_reload: Reload mules when one of these is touched. Source: ``touch-mules-reload``.
        :param harakiri_timeout: Seconds a task may take. Source: ``mule-harakiri``.
        :param farms: Groups of mules; mules they need are added. Source: ``farm``.
        :param reload_mercy: Seconds a mule may take to end. Default: 60. Source: ``mule-reload-mercy``.
        :param msg_buffer: Bytes of a mule's queue of messages. Source: ``mule-msg-size``.
        :param msg_buffer_recv: Bytes of a mule's buffer for receiving; not in released uWSGI.
            Source: ``mule-msg-recv-size``.
        """
        # A text is neither a number nor a list of files; what runs the one file it may name is ["file.py"].
        option = "mules" if isinstance(mules, int) else "mule"
        self._set({option: None if isinstance(mules, str) else mules})
        self._set_farms(farms)
        return self._set(
            {
                "touch-mules-reload": touch_reload,
                "mule-harakiri": harakiri_timeout,
                "mule-reload-mercy": reload_mercy,
                "mule-msg-size": msg_buffer,
                "mule-msg-recv-size": msg_buffer_recv,
            }
        )

    def _set_farms(self, farms: MuleFarm | list[MuleFarm] | None) -> None:
        """Set farms, after adding mules that they have and that are not there yet: uWSGI would end otherwise."""
        numbers: list[list[int]] = []
        for farm in as_list(farms):
            used = [number for those in numbers for number in those]
            numbers.append(farm.numbered(max(used, default=0) + 1) if isinstance(farm, MuleFarm) else [])
        missing = max((number for those in numbers for number in those), default=0) - self._count_mules()
        if missing > 0:
            self._set({"mules": missing})
        for farm, those in zip(as_list(farms), numbers, strict=True):
            text = f"{farm.alias}:{','.join(map(str, those))}" if isinstance(farm, MuleFarm) else farm
            self._set({"farm": text})

    def _count_mules(self) -> int:
        entries = self._section.entries
        counted = sum(int(text) for text in entries.texts("mules") if text.isdigit())
        return counted + len(entries.texts("mule"))

    def set_reload_params(
        self,
        *,
        min_lifetime: int | None = None,
        max_lifetime: int | None = None,
        max_requests: int | None = None,
        max_requests_delta: int | None = None,
        max_addr_space: int | None = None,
        max_rss: int | None = None,
        max_uss: int | None = None,
        max_pss: int | None = None,
        max_addr_space_forced: int | None = None,
        max_rss_forced: int | None = None,
        watch_interval_forced: int | None = None,
        mercy: int | None = None,
    ) -> SectionT:
        """Set when workers are replaced by new ones.

        :param min_lifetime: Seconds a worker lives at least. Default: 10. Source: ``min-worker-lifetime``.
        :param max_lifetime: Seconds after which it is replaced, more than the least. Source:
            ``max-worker-lifetime``.
        :param max_requests: Requests after which it is replaced, against leaks. Source: ``max-requests``.
        :param max_requests_delta: Added once for worker 1, twice for worker 2, so that they do not all go at once.
            Source: ``max-requests-delta``.
        :param max_addr_space: Megabytes of address space above which it is replaced after a request.
            Source: ``reload-on-as``.
        :param max_rss: Megabytes of resident memory, likewise. Source: ``reload-on-rss``.
        :param max_uss: Megabytes of memory that it shares with nobody, on Linux, likewise; not in released uWSGI.
            Source: ``reload-on-uss``.
        :param max_pss: Megabytes of memory, what is shared counted in part, on Linux, likewise; not in released
            uWSGI. Source: ``reload-on-pss``.
        :param max_addr_space_forced: Megabytes of address space above which the master kills it, during a request
            too. Source: ``evil-reload-on-as``.
        :param max_rss_forced: Megabytes of resident memory, likewise. Source: ``evil-reload-on-rss``.
        :param watch_interval_forced: Seconds between two looks of the master. Default: 3.
            Source: ``mem-collector-freq``.
        :param mercy: Seconds a worker may take to end. Default: 60. Source: ``worker-reload-mercy``.
        """
        return self._set(
            {
                "min-worker-lifetime": min_lifetime,
                "max-worker-lifetime": max_lifetime,
                "max-requests": max_requests,
                "max-requests-delta": max_requests_delta,
                "reload-on-as": max_addr_space,
                "reload-on-rss": max_rss,
                "reload-on-uss": max_uss,
                "reload-on-pss": max_pss,
                "evil-reload-on-as": max_addr_space_forced,
                "evil-reload-on-rss": max_rss_forced,
                "mem-collector-freq": watch_interval_forced,
                "worker-reload-mercy": mercy,
            }
        )

    def set_reload_on_exception_params(
        self,
        *,
        do_reload: bool | None = None,
        etype: Strings | None = None,
        evalue: Strings | None = None,
        erepr: Strings | None = None,
    ) -> SectionT:
        """Replace a worker when the application raised an exception.

        :param do_reload: Any exception. Source: ``reload-on-exception``.
        :param etype: One of this type. Source: ``reload-on-exception-type``.
        :param evalue: One with this value. Source: ``reload-on-exception-value``.
        :param erepr: One that is written like this. Source: ``reload-on-exception-repr``.
        """
        return self._set(
            {
                "reload-on-exception": do_reload,
                "reload-on-exception-type": etype,
                "reload-on-exception-value": evalue,
                "reload-on-exception-repr": erepr,
            }
        )

    def set_harakiri_params(
        self, *, timeout: int | None = None, verbose: bool | None = None, disable_for_arh: bool | None = None
    ) -> SectionT:
        """Kill a worker that takes too long for a request.

        :param timeout: Seconds a request may take. Source: ``harakiri``.
        :param verbose: Log what it was doing. Source: ``harakiri-verbose``.
        :param disable_for_arh: Do not count hooks after the request. Source: ``harakiri-no-arh``.
        """
        return self._set({"harakiri": timeout, "harakiri-verbose": verbose, "harakiri-no-arh": disable_for_arh})

    def set_zerg_server_params(self, socket: str, *, clients_socket_pool: Strings | None = None) -> SectionT:
        """Give the sockets of this instance to others, zergs, which help it.

        :param socket: UNIX socket to give them at: `/var/run/mutalisk`, or `@nydus` in the abstract namespace on
            Linux. Source: ``zerg-server``.
        :param clients_socket_pool: Addresses to open and to give instead of the instance's own sockets; needs a
            master. Source: ``zergpool``.
        """
        if clients_socket_pool is None:
            return self._set({"zerg-server": socket})
        return self._set({"zergpool": f"{socket}:{','.join(str(item) for item in as_list(clients_socket_pool))}"})

    def set_zerg_client_params(self, server_sockets: Strings, *, use_fallback_socket: bool | None = None) -> SectionT:
        """Make this instance a zerg, which serves the sockets of another one.

        :param server_sockets: The UNIX sockets they are given at. Source: ``zerg``.
        :param use_fallback_socket: Listen at an own socket when nobody gives any. Source: ``zerg-fallback``.
        """
        self._set({"zerg": server_sockets, "zerg-fallback": use_fallback_socket})
        if use_fallback_socket is not None:
            sockets = self._section.networking.sockets
            for item in as_list(server_sockets):
                self._section.networking.register_socket(sockets.default(str(item)))
        return self._section
