"""An exchange of a RabbitMQ, and whoever publishes to it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika

from tests.system.sources.rabbitmq import PASSWORD, USER, RabbitMQServer
from tests.system.waiting import wait_for

__all__ = ["AMQPSource"]


class AMQPSource:
    """See `tests.system.sources.source.Source`.

    Exchange and queue are durable and there before the Emperor is, so that nothing published early is lost.

    :param state: Where the Emperor keeps what was announced.
    """

    keeps_a_list = True

    def __init__(self, server: RabbitMQServer, exchange: str, state: Path) -> None:
        self.server = server
        self.exchange = exchange
        self.queue = f"{exchange}-queue"
        self.state = state
        self.options = f"exchange={exchange}&queue={self.queue}&state={state}"
        self.target = f"amqp://{self.address}?{self.options}"
        self._configs: dict[str, str] = {}
        self._connection: Any = None
        self._channel: Any = None
        self.channel().exchange_declare(exchange, "fanout", durable=True)
        self.channel().queue_declare(self.queue, durable=True)
        self.channel().queue_bind(self.queue, exchange)

    @property
    def address(self) -> str:
        """User, password, host and port, as a target has them."""
        return f"{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.server.port}"

    def holds(self, name: str) -> bool:
        return True

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        self._configs[name] = config
        self.publish(name, config, {"uid": uid, "gid": 0, "socket": socket})

    def put_all(self, configs: dict[str, str]) -> None:
        self._configs |= configs
        connection = self.server.connect()
        channel = connection.channel()  # confirms nothing, so it waits for nothing either
        for name, config in configs.items():
            channel.basic_publish(self.exchange, name, config, self._properties({"uid": "0", "gid": 0}))
        connection.close()

    def touch(self, name: str) -> None:
        self.put(name, self._configs[name])

    def remove(self, name: str) -> None:
        self.publish(name, "")

    def publish(self, routing_key: str, body: str | bytes, headers: dict[str, Any] | None = None) -> None:
        """Publish one message, and return once the server has it on disk; as often as that takes."""
        properties = self._properties(headers)

        def publish() -> None:
            self.channel().basic_publish(self.exchange, routing_key, body, properties)

        wait_for(lambda: self.server.is_answered(publish), "a confirmation")

    def _properties(self, headers: dict[str, Any] | None) -> Any:
        return pika.BasicProperties(headers=headers, delivery_mode=pika.DeliveryMode.Persistent)

    def channel(self) -> Any:
        """Return a channel that confirms what was published."""
        if self._connection is None or not self._connection.is_open or not self._channel.is_open:
            self.close()
            self._connection = self.server.connect()
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel

    def close(self) -> None:
        if self._connection is not None:
            with suppress(pika.exceptions.AMQPError, OSError):
                self._connection.close()
