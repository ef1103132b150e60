"""A collection of a MongoDB as a source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from tests.system.waiting import wait_for

__all__ = ["MongoSource"]


class MongoSource:
    """See `tests.system.sources.source.Source`.

    :param uri: Where the server is, with nothing behind its options.
    :param database: One of its own.
    """

    keeps_a_list = True

    def __init__(self, uri: str, database: str) -> None:
        self.target = f"{uri},{database}.vassals,{{enabled:1}}"
        self.database = database
        self._client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=30_000)
        self.collection: Collection[dict[str, Any]] = self._client[database]["vassals"]
        self._moment = datetime(2026, 1, 1, tzinfo=UTC)

    def holds(self, name: str) -> bool:
        return True

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        fields = {"config": config, "ts": self.next_moment(), "enabled": 1, "uid": int(uid), "socket": socket}
        self._write(lambda: self.collection.update_one({"name": name}, {"$set": fields}, upsert=True))

    def put_all(self, configs: dict[str, str]) -> None:
        moment = self.next_moment()
        self.collection.insert_many(
            [{"name": name, "config": config, "ts": moment, "enabled": 1} for name, config in configs.items()]
        )

    def touch(self, name: str) -> None:
        moment = self.next_moment()
        self._write(lambda: self.collection.update_one({"name": name}, {"$set": {"ts": moment}}))

    def remove(self, name: str) -> None:
        self._write(lambda: self.collection.delete_one({"name": name}))

    def _write(self, write: Callable[[], object]) -> None:
        """Write as often as servers that are just killed make it necessary: the driver tries twice."""

        def is_written() -> bool:
            try:
                write()
            except AutoReconnect:
                return False
            return True

        wait_for(is_written, "a server that takes the change")

    def drop(self) -> None:
        """Take the database away with all that is in it."""
        self._client.drop_database(self.database)

    def close(self) -> None:
        self._client.close()

    def next_moment(self) -> datetime:
        """Return a moment after the last one: MongoDB keeps milliseconds, and tests are quicker."""
        self._moment += timedelta(milliseconds=1)
        return self._moment
