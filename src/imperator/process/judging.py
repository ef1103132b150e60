"""What is looked at right before a vassal runs: whose its configuration is, and its text where it is sent that."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from imperator.aside import Aside
from imperator.errors import ImperatorError
from imperator.monitors.attributes import with_attributes
from imperator.policy.vassal import VassalSpec
from imperator.process.launch import MAX_CONFIG_BYTES, LaunchError
from imperator.process.ownership import check_ids, find_owner
from imperator.settings import Launching, Settings

__all__ = ["Judge", "Judged", "Judgements"]

_log = logging.getLogger(__name__)

# A lease or a device could make an ordinary open() wait.
_OPEN_TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

Judged = VassalSpec | ImperatorError
"""What is to be run, or why it cannot be."""


class Judge:
    """Looks at configurations. Touches nothing that the loop uses, so that a thread may do it.

    :param owner_of_links: In Tyrant mode, the owner of a link counts, not that of its target.
    """

    def __init__(self, launching: Launching, *, owner_of_links: bool = False) -> None:
        self._tyrant = launching.tyrant
        self._config_pipe = launching.config_pipe
        self._attributes = launching.collected_attributes
        self._owner_of_links = owner_of_links

    @classmethod
    def for_settings(cls, settings: Settings) -> Self:
        """Make the one that an Emperor's settings ask for."""
        watching = settings.watching
        return cls(settings.launching, owner_of_links=watching.owner_of_links or not watching.follow_links)

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to look at before a vassal runs."""
        return self._tyrant or self._config_pipe

    @property
    def pipes_only_what_is_loose(self) -> bool:
        """Whether the text of a file is sent because others could swap the file, and for no other reason."""
        return not self._config_pipe

    def judge(self, spec: VassalSpec) -> VassalSpec:
        """Return what is to be run: with the owner, text and attributes that were found now.

        :raises OwnershipError: It cannot be run as its owner.
        :raises LaunchError: Its text cannot be sent.
        """
        if self._tyrant:
            check_ids(spec.name, spec.uid, spec.gid)
            spec = self._judge_owner(spec)
        if self._config_pipe and spec.config is None:
            return replace(spec, config=_read(spec, spec.path))
        return spec

    def _judge_owner(self, spec: VassalSpec) -> VassalSpec:
        if spec.config is not None:
            return spec
        owned = find_owner(spec.name, spec.path, link_counts=self._owner_of_links, most_bytes=MAX_CONFIG_BYTES)
        judged = replace(spec, uid=owned.uid, gid=owned.gid, config=owned.config)
        if owned.config is None or not self._attributes:
            return judged
        # Others can swap the file: what was read of it before may not have been the owner's.
        return with_attributes(replace(judged, attributes=()), owned.config, self._attributes)


class Judgements:
    """Has a judge look at specs without keeping the loop waiting for the file system."""

    def __init__(self, judge: Judge, done: Callable[[VassalSpec, Judged], None]) -> None:
        self._judge = judge
        self._done = done
        self._aside = Aside(self._decide, self._tell)

    def __contains__(self, spec: VassalSpec | None) -> bool:
        """Whether this very spec is being looked at."""
        return spec is not None and self._aside.get(spec.key) == spec

    def ask(self, spec: VassalSpec) -> None:
        """Tell what is to be run, at once where there is nothing to look at."""
        if self._judge.is_needed:
            self._aside.put(spec)
        else:
            self._done(spec, spec)

    def stop(self) -> None:
        """Tell nothing any more."""
        self._aside.stop()

    def _tell(self, spec: VassalSpec, judged: Judged) -> None:
        if isinstance(judged, VassalSpec) and judged.config != spec.config and self._judge.pipes_only_what_is_loose:
            _log.warning(
                "vassal %s: others than its owner may write to a directory on the way to it: it gets its configuration "
                "through the pipe, without magic variables. Let only root and its owner write there",
                spec.name,
                extra={"vassal": spec.name, "event": "piped"},
            )
        self._done(spec, judged)

    def _decide(self, spec: VassalSpec) -> Judged:
        try:
            return self._judge.judge(spec)
        except ImperatorError as refusal:
            return refusal


def _read(spec: VassalSpec, path: str) -> bytes:
    try:
        descriptor = os.open(path, _OPEN_TO_READ)
        try:
            text = os.read(descriptor, MAX_CONFIG_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as failure:
        raise LaunchError(
            f"vassal {spec.name}",
            wanted="to read its configuration, to send it",
            found=failure.strerror or str(failure),
            remedy="Let the Emperor's user read it, or leave emperor-force-config-pipe out.",
        ) from failure
    if len(text) > MAX_CONFIG_BYTES:
        raise LaunchError(
            f"vassal {spec.name}",
            wanted=f"a configuration of at most {MAX_CONFIG_BYTES:,} bytes, as it is sent to the vassal",
            found="more",
            remedy="Move parts of it to a file and include that, or leave emperor-force-config-pipe out.",
        )
    return text
