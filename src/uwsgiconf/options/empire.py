"""The Emperor and its vassals."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT
from ..values import Path, Paths, Strings


class Empire(OptionsGroup[SectionT]):
    """The Emperor, who watches configurations and runs an instance, a vassal, for each."""

    def set_emperor_params(
        self,
        *,
        vassals_home: Paths | None = None,
        name: str | None = None,
        scan_interval: int | None = None,
        pid_file: Path | None = None,
        spawn_asap: bool | None = None,
        stats_address: str | None = None,
        trigger_socket: str | None = None,
        links_no_follow: bool | None = None,
    ) -> SectionT:
        """Make the instance an Emperor, and set how it works.

        :param vassals_home: Where the configurations of vassals are: directories, `glob://`, `pg://` and other
            addresses. Source: ``emperor``.
        :param name: Name of the Emperor's process. Source: ``emperor-procname``.
        :param scan_interval: Seconds between two looks for changes. Default: 3. Source: ``emperor-freq``.
        :param pid_file: File to write the Emperor's process number to. Source: ``emperor-pidfile``.
        :param spawn_asap: Start the Emperor before privileges are dropped. Source: ``early-emperor``.
        :param stats_address: Address to serve statistics at, as JSON. Source: ``emperor-stats-server``.
        :param trigger_socket: Socket that makes the Emperor look for changes at once; not in released uWSGI.
            Source: ``emperor-trigger-socket``.
        :param links_no_follow: Take the time of change of a symbolic link, not of what it leads to.
            Source: ``emperor-nofollow``.
        """
        return self._set(
            {
                "emperor": vassals_home,
                "emperor-procname": name,
                "emperor-freq": scan_interval,
                "emperor-pidfile": pid_file,
                "early-emperor": spawn_asap,
                "emperor-stats-server": stats_address,
                "emperor-trigger-socket": trigger_socket,
                "emperor-nofollow": links_no_follow,
            }
        )

    def print_monitors(self) -> SectionT:
        """Print the kinds of monitors that uWSGI knows at its start. Source: ``imperial-monitor-list``."""
        return self._set({"imperial-monitor-list": True})

    def set_emperor_command_params(
        self,
        command_socket: str | None = None,
        *,
        wait_for_command: bool | None = None,
        wait_for_command_exclude: Strings | None = None,
    ) -> SectionT:
        """Let other programs govern vassals; not in released uWSGI, `imperator` does it.

        :param command_socket: Socket to take commands at. Source: ``emperor-command-socket``.
        :param wait_for_command: Start no vassal before a command says so. Source: ``emperor-wait-for-command``.
        :param wait_for_command_exclude: Vassals that start without.
            Source: ``emperor-wait-for-command-ignore``.
        """
        return self._set(
            {
                "emperor-command-socket": command_socket,
                "emperor-wait-for-command": wait_for_command,
                "emperor-wait-for-command-ignore": wait_for_command_exclude,
            }
        )

    def set_vassals_wrapper_params(
        self,
        *,
        wrapper: Path | None = None,
        overrides: Paths | None = None,
        fallbacks: Paths | None = None,
    ) -> SectionT:
        """Run vassals with another program than the Emperor's own.

        :param wrapper: The program. Source: ``emperor-wrapper``.
        :param overrides: Programs to try before it. Source: ``emperor-wrapper-override``.
        :param fallbacks: Programs to try when it cannot be run. Source: ``emperor-wrapper-fallback``.
        """
        return self._set(
            {
                "emperor-wrapper": wrapper,
                "emperor-wrapper-override": overrides,
                "emperor-wrapper-fallback": fallbacks,
            }
        )

    def set_throttle_params(self, *, level: int | None = None, level_max: int | None = None) -> SectionT:
        """Set how long a vassal that keeps dying has to wait before it is started again.

        :param level: Milliseconds that each death adds. Default: 1000. Source: ``emperor-throttle``.
        :param level_max: Milliseconds it never exceeds. Default: 180000. Source: ``emperor-max-throttle``.
        """
        return self._set({"emperor-throttle": level, "emperor-max-throttle": level_max})

    def set_tolerance_params(
        self, *, for_heartbeat: int | None = None, for_cursed_vassals: int | None = None
    ) -> SectionT:
        """Set how long the Emperor waits for a vassal before it kills it.

        :param for_heartbeat: Seconds without a heartbeat of a vassal that sends them. Default: 30.
            Source: ``emperor-required-heartbeat``.
        :param for_cursed_vassals: Seconds a vassal may take to stop. Default: 30.
            Source: ``emperor-curse-tolerance``.
        """
        return self._set(
            {
                "emperor-required-heartbeat": for_heartbeat,
                "emperor-curse-tolerance": for_cursed_vassals,
            }
        )

    def set_vassals_attributes_params(
        self, names: Strings | None = None, *, wrapper: str | None = None, directory: str | None = None
    ) -> SectionT:
        """Have vassals' configurations say something to the Emperor, in a section `[emperor]` of their own; not in
        released uWSGI, `imperator` does it.

        :param names: What is collected there, to be shown in the statistics. Source: ``emperor-collect-attribute``.
        :param wrapper: The name under which a configuration names the program to run it with.
            Source: ``emperor-wrapper-attr``.
        :param directory: The name under which it names the directory to start in. Source: ``emperor-chdir-attr``.
        """
        return self._set(
            {
                "emperor-collect-attribute": names,
                "emperor-wrapper-attr": wrapper,
                "emperor-chdir-attr": directory,
            }
        )

    def set_mode_tyrant_params(
        self,
        enable: bool | None = None,
        *,
        links_no_follow: bool | None = None,
        use_initgroups: bool | None = None,
    ) -> SectionT:
        """Run each vassal as the user and group that own its configuration file.

        :param enable: Do so. Source: ``emperor-tyrant``.
        :param links_no_follow: Take the owner of a symbolic link, not of what it leads to.
            Source: ``emperor-tyrant-nofollow``.
        :param use_initgroups: Give vassals the further groups of their user too; not in released uWSGI.
            Source: ``emperor-tyrant-initgroups``.
        """
        return self._set(
            {
                "emperor-tyrant": enable,
                "emperor-tyrant-nofollow": links_no_follow,
                "emperor-tyrant-initgroups": use_initgroups,
            }
        )

    def set_mode_broodlord_params(
        self,
        zerg_count: int | None = None,
        *,
        vassal_overload_sos_interval: int | None = None,
        vassal_queue_items_sos: int | None = None,
    ) -> SectionT:
        """Let busy vassals ask the Emperor for whole further instances on the same socket, called zergs.

        To change the number of workers of one instance, see `Cheapening`. See also the preset
        `uwsgiconf.presets.empire.Broodlord`.

        :param zerg_count: The most zergs, set for the Emperor. Source: ``emperor-broodlord``.
        :param vassal_overload_sos_interval: Seconds between two requests for help while all workers are busy, set for
            the vassal. Source: ``vassal-sos``.
        :param vassal_queue_items_sos: Ask for help when more connections than this wait, set for the vassal.
            Source: ``vassal-sos-backlog``.
        """
        return self._set(
            {
                "emperor-broodlord": zerg_count,
                "vassal-sos": vassal_overload_sos_interval,
                "vassal-sos-backlog": vassal_queue_items_sos,
            }
        )
