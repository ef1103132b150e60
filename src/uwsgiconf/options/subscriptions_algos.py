"""How requests are shared among the nodes that subscribed to one key."""

from __future__ import annotations

from ..values import ParametrizedValue


class BalancingAlgorithm(ParametrizedValue):
    """How requests are shared among the nodes of a key.

    :param args: Arguments of the algorithm.
    """

    name_separator = ""


class BalancingAlgorithmWithBackup(BalancingAlgorithm):
    """An algorithm that knows nodes which serve only when all others are down.

    :param backup_level: 0 for a node that serves always, 1 for one that serves when all of level 0 are down, and so
        on. Default: 0.
    """

    def __init__(self, backup_level: int | None = None) -> None:
        super().__init__()
        self.backup_level = backup_level


class WeightedRoundRobin(BalancingAlgorithmWithBackup):
    """One node after the other, each as often as its weight says; what uWSGI does unless told otherwise."""

    name = "wrr"


class LeastReferenceCount(BalancingAlgorithmWithBackup):
    """The node with the fewest requests."""

    name = "lrc"


class WeightedLeastReferenceCount(BalancingAlgorithmWithBackup):
    """The node with the fewest requests for its weight."""

    name = "wlrc"


class IpHash(BalancingAlgorithmWithBackup):
    """The same node for the same client."""

    name = "iphash"
