"""An Emperor with vassals that can ask for reinforcements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import Section

if TYPE_CHECKING:
    from ..values import Paths


class Broodlord:
    """A busy instance asks its Emperor for whole further instances, zergs, which serve the same sockets.

    To change the number of workers of one instance, see `Section.cheapening`.

    :param zerg_socket: UNIX socket at which the sockets of the instance are given to zergs.
    :param zerg_die_on_idle: Seconds after which a zerg ends that nobody asked for anything.
    :param vassals_home: Where the configurations of vassals are.
    :param zerg_count: The most zergs.
    :param vassal_overload_sos_interval: Seconds between two requests for help while all workers are busy.
    :param vassal_queue_items_sos: Ask for help when more connections than this wait.
    :param section_emperor: Section to start from, for the Emperor and, unless that has its own, for zergs.
    :param section_zerg: Section to start from for zergs.
    """

    def __init__(
        self,
        zerg_socket: str,
        *,
        zerg_die_on_idle: int | None = None,
        vassals_home: Paths | None = None,
        zerg_count: int | None = None,
        vassal_overload_sos_interval: int | None = None,
        vassal_queue_items_sos: int | None = None,
        section_emperor: Section | None = None,
        section_zerg: Section | None = None,
    ) -> None:
        self.zerg_socket = zerg_socket
        self.zerg_die_on_idle = zerg_die_on_idle
        self.vassals_home = vassals_home
        self.zerg_count = zerg_count
        self.vassal_overload_sos_interval = vassal_overload_sos_interval
        self.vassal_queue_items_sos = vassal_queue_items_sos
        self.section_emperor = section_emperor or Section()
        self.section_zerg = section_zerg

    def configure(self) -> tuple[Section, Section]:
        """The section of the Emperor, and that of zergs, which uWSGI expects to be named `zerg`."""
        emperor = self.section_emperor
        zerg = self.section_zerg or type(emperor).derive_from(emperor, name="zerg")
        zerg.name = "zerg"
        emperor.empire.set_emperor_params(vassals_home=self.vassals_home)
        emperor.empire.set_mode_broodlord_params(
            self.zerg_count,
            vassal_overload_sos_interval=self.vassal_overload_sos_interval,
            vassal_queue_items_sos=self.vassal_queue_items_sos,
        )
        emperor.workers.set_zerg_server_params(self.zerg_socket)
        zerg.workers.set_zerg_client_params(self.zerg_socket)
        if self.zerg_die_on_idle is not None:
            zerg.master_process.set_idle_params(timeout=self.zerg_die_on_idle, exit=True)
        return emperor, zerg
