"""A part of a directory as a source."""

from __future__ import annotations

from hashlib import sha1

from tests.system.sources.directory import Directory, RefusalError
from tests.system.sources.slapd import PASSWORD, TELLING, SlapdServer

__all__ = ["LdapSource", "bind_words"]

_ALREADY_THERE = 68


class LdapSource:
    """The entries below one of their own, made with `imperator schema ldap`: see `source.Source`.

    :param name: Of the entry that they are below.
    :param root: The database it is in.
    """

    keeps_a_list = True

    def __init__(self, server: SlapdServer, name: str, root: str = TELLING) -> None:
        self.server = server
        self.base = f"ou={name},{root}"
        self.user = f"cn={name},{root}"
        # A nameless entry cannot be of our class, which wants a name: it is found all the same.
        self.target = self.url(wanted="(|(objectClass=imperatorVassal)(objectClass=extensibleObject))")
        self._root = root
        self._directory: Directory | None = None
        self.directory.add(self.base, {"objectClass": "organizationalUnit", "ou": name})
        person = {"objectClass": ["applicationProcess", "simpleSecurityObject"], "cn": name, "userPassword": PASSWORD}
        self.directory.add(self.user, person)

    @property
    def directory(self) -> Directory:
        """The connection over which it is filled."""
        if self._directory is None:
            self._directory = self.server.connect(self._root)
        return self._directory

    def url(self, *, attributes: str = "", scope: str = "", wanted: str = "", words: str | None = None) -> str:
        """Return a URL of it.

        :param words: Its extensions. None: name and password.
        """
        extensions = bind_words(self.user) if words is None else words
        return f"ldap://127.0.0.1:{self.server.port}/{self.base}?{attributes}?{scope}?{wanted}?{extensions}"

    def place(self, name: str) -> str:
        """Return the distinguished name of a vassal's entry: a short one, for the server has limits of its own."""
        return f"cn={sha1(name.encode()).hexdigest()},{self.base}"

    def holds(self, name: str) -> bool:
        return True

    def put(self, name: str, config: str, *, socket: str = "", uid: str = "0") -> None:
        classes = ["imperatorVassal"] if name else ["applicationProcess", "extensibleObject"]
        values = {"imperatorConfig": config, "imperatorUid": uid, "imperatorGid": "0"}
        values |= {"imperatorName": name} if name else {}
        values |= {"imperatorSocket": socket} if socket else {}
        try:
            self.directory.add(self.place(name), {"objectClass": classes, **values})
        except RefusalError as refusal:
            if refusal.code != _ALREADY_THERE:
                raise
            self.directory.replace(self.place(name), {"imperatorConfig": config})

    def put_all(self, configs: dict[str, str]) -> None:
        for name, config in configs.items():
            self.put(name, config)

    def touch(self, name: str) -> None:
        self.directory.replace(self.place(name), {"imperatorGid": "0"})  # the server stamps whatever is written

    def remove(self, name: str) -> None:
        self.directory.delete(self.place(name))

    def change(self, name: str, **values: str | tuple[str, ...]) -> None:
        """Replace attributes of a vassal's entry."""
        self.directory.replace(self.place(name), values)

    def forget_connection(self) -> None:
        """Connect anew the next time: the server was killed."""
        if self._directory is not None:
            self._directory.close()
            self._directory = None


def bind_words(user: str, password: str = PASSWORD) -> str:
    """Return the extensions of a URL that bind."""
    return f"bindname={user.replace(',', '%2C')},x-bindpw={password}"
