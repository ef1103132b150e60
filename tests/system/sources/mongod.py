"""As much of a MongoDB as the tests need, in our own process: the wire is mockupdb's, the commands are here.

No distribution packages MongoDB any more. `IMPERATOR_TEST_MONGODB` names a real one for the same tests.
"""

from __future__ import annotations

import gc
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mockupdb import MockupDB, Request

__all__ = ["NOT_A_SET", "FakeMongo"]

Document = dict[str, Any]

NOT_A_SET = (40573, "The $changeStream stage is only supported on replica sets")
HISTORY_LOST = (286, "Resume of change stream was not possible, as the resume point may no longer be in the oplog.")
CURSOR_LOST = (43, "cursor id not found")


@dataclass
class Cursor:
    """What a client goes on to read.

    :param documents: What is left of an answer to `find`.
    :param position: The next event of a change stream. None: it is the cursor of a `find`.
    """

    namespace: str
    documents: list[Document]
    batch: int = 0
    position: int | None = None


class RefusalError(Exception):
    """An answer that is an error: MongoDB's code and text."""

    def __init__(self, refusal: tuple[int, str]) -> None:
        super().__init__(refusal[1])
        self.refusal = refusal


class FakeMongo:
    """Documents that outlive their servers: each server that is started speaks for them.

    :param is_set: It is a replica set, and so has change streams.
    :ivar refusals: By command: the code and text it is answered with.
    :ivar silent: Commands that are never answered.
    :ivar asked: Names of the commands that were asked, in order.
    :ivar filters: Those of each `find`, in order.
    """

    def __init__(self, *, is_set: bool = True) -> None:
        self.is_set = is_set
        self.refusals: dict[str, tuple[int, str]] = {}
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self.filters: list[Document] = []
        self.passwords: dict[str, str] = {}
        self._data: dict[str, dict[str, Document]] = {}
        self._events: list[tuple[str, Document]] = []
        self._oldest_event = 0
        self._cursors: dict[int, Cursor] = {}
        self._next_cursor = 1
        self._changed = threading.Condition()
        self._servers: dict[int, MockupDB] = {}
        self.hosts: list[str] = []
        self.primary = ""

    # ---- servers

    def start(self, port: int = 0) -> int:
        """Start a server that speaks for these documents, the primary if it is the first; return its port."""
        server = MockupDB(port=port)
        server.autoresponds(self._answer)
        found = int(server.run())
        self._servers[found] = server
        host = f"localhost:{found}"
        if host not in self.hosts:
            self.hosts.append(host)
        if not self.primary:
            self.primary = host
        return found

    def kill(self, port: int) -> None:
        """End a server and all its connections; the documents stay."""
        self._cursors.clear()
        self._servers.pop(port).stop()
        with warnings.catch_warnings():  # whoever connected in the moment of the end: mockupdb forgets to close that
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def stop(self) -> None:
        """End all servers."""
        with self._changed:
            self._changed.notify_all()
        for port in list(self._servers):
            self.kill(port)

    def behave(self) -> None:
        """Answer everything again."""
        self.refusals.clear()
        self.silent.clear()

    def forget_history(self) -> None:
        """Forget all changes up to now: nobody can resume from before."""
        with self._changed:
            self._oldest_event = len(self._events) + 1
            self._tell("", {"operationType": "noop", "documentKey": {"_id": 0}})

    def run(self, **command: Any) -> Document:
        """Run a command though no server may be up."""
        command["$db"] = command.pop("database")
        return self._obey(next(iter(command)), command, self.primary)

    # ---- the wire

    def _answer(self, request: Request) -> bool:
        self.asked.append(request.command_name)
        name = request.command_name
        if name in self.silent:
            return True
        if name == "getMore":  # may wait, and others are served by the same lock
            threading.Thread(target=self._reply, args=(request,), daemon=True).start()
        else:
            self._reply(request)
        return True

    def _reply(self, request: Request) -> None:
        try:
            answer = self._obey(request.command_name, dict(request.doc), f"localhost:{request.server.port}")
        except RefusalError as error:
            code, text = error.refusal
            answer = {"ok": 0, "code": code, "errmsg": text}
        with suppress(OSError):  # whoever asked has gone
            request.replies({"ok": 1, **answer})

    def _obey(self, name: str, command: Document, host: str) -> Document:
        if name in self.refusals:
            raise RefusalError(self.refusals[name])
        if name.lower() in ("ismaster", "hello"):
            return self._hello(host)
        obey: Callable[[Document, str], Document] | None = getattr(self, f"_do_{name}", None)
        if obey is None:
            return {}
        with self._changed:
            return obey(command, f"{command['$db']}.{command[name]}")

    def _hello(self, host: str) -> Document:
        hello: Document = {
            "helloOk": True,
            "ismaster": host == self.primary or not self.is_set,
            "maxWireVersion": 21,
            "minWireVersion": 0,
            "maxBsonObjectSize": 1 << 24,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "logicalSessionTimeoutMinutes": 30,
        }
        if self.is_set:
            hello |= {"setName": "rs", "hosts": self.hosts, "me": host, "secondary": host != self.primary}
            hello |= {"primary": self.primary}
        return hello

    # ---- commands

    def _do_saslStart(self, command: Document, _: str) -> Document:  # noqa: N802  its name on the wire
        _, user, password = bytes(command["payload"]).decode().split("\0")
        if self.passwords.get(user) != password:
            raise RefusalError((18, "Authentication failed."))
        return {"conversationId": 1, "done": True, "payload": b""}

    def _do_find(self, command: Document, namespace: str) -> Document:
        self.filters.append(command["filter"])
        found = [document for document in self._documents(namespace).values() if matches(document, command["filter"])]
        if "limit" in command:
            found = found[: command["limit"]]
        cursor = Cursor(namespace, found, command.get("batchSize", 101))
        return self._first_batch(cursor)

    def _do_aggregate(self, command: Document, namespace: str) -> Document:
        stage = command["pipeline"][0].get("$changeStream")
        if stage is None:
            raise RefusalError((40324, "Unrecognized pipeline stage name"))
        if not self.is_set:
            raise RefusalError(NOT_A_SET)
        position = len(self._events)
        if "resumeAfter" in stage:
            position = int(stage["resumeAfter"]["_data"])
            if position < self._oldest_event:
                raise RefusalError(HISTORY_LOST)
        return self._first_batch(Cursor(namespace, [], position=position))

    def _first_batch(self, cursor: Cursor) -> Document:
        identity = self._next_cursor
        self._next_cursor += 1
        self._cursors[identity] = cursor
        return self._next_batch(identity, cursor, "firstBatch")

    def _next_batch(self, identity: int, cursor: Cursor, field: str) -> Document:
        answer: Document = {"ns": cursor.namespace}
        if cursor.position is None:
            size = cursor.batch or len(cursor.documents)
            answer[field], cursor.documents = cursor.documents[:size], cursor.documents[size:]
            is_over = not cursor.documents
        else:
            batch, cursor.position = self._events_of(cursor.namespace, cursor.position)
            answer[field], answer["postBatchResumeToken"] = batch, token(cursor.position)
            is_over = bool(batch) and batch[-1]["operationType"] == "invalidate"
        if is_over:
            del self._cursors[identity]
        return {"cursor": {**answer, "id": 0 if is_over else identity}}

    def _do_getMore(self, command: Document, _: str) -> Document:  # noqa: N802  its name on the wire
        identity = command["getMore"]
        deadline = time.monotonic() + command.get("maxTimeMS", 1000) / 1000
        while (cursor := self._cursors.get(identity)) is not None:
            is_waiting = cursor.position is not None and not self._events_of(cursor.namespace, cursor.position)[0]
            if not is_waiting or time.monotonic() > deadline:
                return self._next_batch(identity, cursor, "nextBatch")
            self._changed.wait(max(0.0, deadline - time.monotonic()))
        raise RefusalError(CURSOR_LOST)

    def _do_insert(self, command: Document, namespace: str) -> Document:
        for document in command["documents"]:
            self._store(namespace, document, "insert")
        return {"n": len(command["documents"])}

    def _do_update(self, command: Document, namespace: str) -> Document:
        (update,) = command["updates"]
        number, change = 0, update["u"]
        for document in [one for one in self._documents(namespace).values() if matches(one, update["q"])]:
            fresh = {**document, **change["$set"]} if "$set" in change else {"_id": document["_id"], **change}
            self._store(namespace, fresh, "update" if "$set" in change else "replace")
            number += 1
        if not number and update.get("upsert"):
            self._store(namespace, {"_id": f"{update['q']}", **update["q"], **change.get("$set", change)}, "insert")
        return {"n": number, "nModified": number}

    def _do_delete(self, command: Document, namespace: str) -> Document:
        (delete,) = command["deletes"]
        gone = [one for one in self._documents(namespace).values() if matches(one, delete["q"])]
        for document in gone[: delete["limit"] or None]:
            del self._data[namespace][repr(document["_id"])]
            self._tell(namespace, {"operationType": "delete", "documentKey": {"_id": document["_id"]}})
        return {"n": len(gone)}

    def _do_drop(self, _: Document, namespace: str) -> Document:
        if self._data.pop(namespace, None) is not None:
            self._tell(namespace, {"operationType": "drop"})
            self._tell(namespace, {"operationType": "invalidate"})
        return {}

    # ---- documents and what happens to them

    def _documents(self, namespace: str) -> dict[str, Document]:
        return self._data.setdefault(namespace, {})

    def _store(self, namespace: str, document: Document, operation: str) -> None:
        self._documents(namespace)[repr(document["_id"])] = dict(document)
        self._tell(namespace, {"operationType": operation, "documentKey": {"_id": document["_id"]}})

    def _tell(self, namespace: str, event: Document) -> None:
        self._events.append((namespace, {"_id": token(len(self._events) + 1), **event}))
        self._changed.notify_all()

    def _events_of(self, namespace: str, position: int) -> tuple[list[Document], int]:
        """Return what happened to a collection from a position on, up to its end, and the position behind that."""
        batch: list[Document] = []
        for number, (of, event) in enumerate(self._events[position:], position + 1):
            if of == namespace:
                batch.append(event)
                if event["operationType"] == "invalidate":
                    return batch, number
        return batch, len(self._events)


def token(position: int) -> Document:
    return {"_data": f"{position:08}"}


def matches(document: Document, wanted: Document) -> bool:
    """Tell whether a filter lets a document through: equality, ``$in`` and ``$and`` are known."""
    for name, value in wanted.items():
        if name == "$and":
            if not all(matches(document, part) for part in value):
                return False
        elif isinstance(value, dict) and "$in" in value:
            if document.get(name) not in value["$in"]:
                return False
        elif document.get(name) != value:
            return False
    return True
