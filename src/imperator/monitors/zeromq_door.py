"""Who may send to a ZeroMQ socket: everybody, those with a password (PLAIN), or those with a key (CURVE).

libzmq asks whoever answers at a fixed address inside the process (ZAP, https://rfc.zeromq.org/spec/27/) for each
connection that is being made.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field

import zmq
import zmq.asyncio
from zmq.utils import z85

from imperator.errors import SettingsError
from imperator.monitors.complaints import Complaints
from imperator.monitors.credentials import read_kept

__all__ = ["Door", "Doorman", "read_door"]

_ZAP_ADDRESS = "inproc://zeromq.zap.01"
_ZAP_VERSION = b"1.0"
_DOMAIN = b"imperator"
_KEY_CHARACTERS = 40
_CERTIFICATE = re.compile(r'^\s*(public|secret)-key\s*=\s*"([^"]*)"', re.MULTILINE)
"""A key in the form that zmq.auth.create_certificates() writes."""
_MOST_LINES = 10_000
_EVERYBODY = "any"
_OPTIONS = ("curve", "clients", "plain")


@dataclass(frozen=True, slots=True)
class Door:
    """What somebody needs to be let in.

    :param secret_key: The socket's own CURVE key, in Z85. None: no encryption.
    :param client_keys: Public keys of those who may send, 32 bytes each. None: whoever knows the socket's public key.
    :param passwords: By user; empty: none are asked for.
    """

    secret_key: bytes | None = field(default=None, repr=False)
    client_keys: frozenset[bytes] | None = None
    passwords: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    @property
    def is_open(self) -> bool:
        """Nobody is asked for anything."""
        return self.secret_key is None and not self.passwords


def read_door(target: str, options: list[str]) -> Door:
    """Return what a target's options say; keys and passwords themselves are kept elsewhere.

    :param target: For the errors.
    :param options: ``curve=@PLACE`` with ``clients=@PLACE`` or ``clients=any``; or ``plain=@PLACE``.
    :raises SettingsError: They cannot be meant so, or something in those places is no key and no password.
    """
    places = _read_options(target, options)
    if "plain" in places:
        return Door(passwords=_read_passwords(target, places["plain"]))
    if "curve" not in places:
        return Door()
    secret = _read_keys(target, places["curve"], "secret")[0]
    if places["clients"] == _EVERYBODY:
        return Door(secret)
    return Door(secret, frozenset(z85.decode(key) for key in _read_keys(target, places["clients"], "public")))


def _read_options(target: str, options: list[str]) -> dict[str, str]:
    places: dict[str, str] = {}
    for option in options:
        name, _, place = (part.strip() for part in option.partition("="))
        if name not in _OPTIONS or name in places:
            wanted = f"each of {', '.join(_OPTIONS)} once at most behind the semicolon"
            raise _fault(target, wanted, f"{name!r}" if name else "nothing", "Correct its name.")
        if not place.startswith("@") and (name, place) != ("clients", _EVERYBODY):
            # What stands here may be the secret itself: it is not quoted.
            remedy = f"Write {name}=@/PATH/OF/A/FILE or {name}=@VARIABLE: a target can be read by everybody."
            raise _fault(target, f"where the value of {name} is kept", "something else", remedy)
        places[name] = place.removeprefix("@")
    if set(places) not in (set(), {"plain"}, {"curve", "clients"}):
        remedy = "Name the senders' keys with clients=@FILE, or clients=any for whoever knows the public key."
        raise _fault(target, "plain alone, or curve and clients", " and ".join(places), remedy)
    return places


def _read_keys(target: str, place: str, kind: str) -> list[bytes]:
    """Return the keys of a place, in Z85: bare ones, one a line, or certificates of ZeroMQ's own form."""
    remedy = "Make keys with: python -c 'import zmq; print(*zmq.curve_keypair())'. The second one is the secret."
    wanted = f"a {kind} key of CURVE, {_KEY_CHARACTERS} characters of Z85,"
    text = read_kept(f"target {target!r}", wanted, place, remedy=remedy, lines=_MOST_LINES)
    certificates = [key for of, key in _CERTIFICATE.findall(text) if of == kind]
    lines = (line.strip() for line in text.splitlines())
    keys = certificates or [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(_is_key(key) for key in keys):
        raise _fault(target, f"{wanted} in {place}", "something else", remedy)
    return [key.encode() for key in keys]


def _is_key(text: str) -> bool:
    try:
        return len(text) == _KEY_CHARACTERS and len(z85.decode(text.encode())) == 32
    except (ValueError, KeyError, UnicodeEncodeError):
        return False


def _read_passwords(target: str, place: str) -> dict[bytes, bytes]:
    wanted, remedy = "USER:PASSWORD, one a line,", "Write a line for each sender."
    text = read_kept(f"target {target!r}", wanted, place, remedy=remedy, lines=_MOST_LINES)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pairs = [line.partition(":") for line in lines]
    if not pairs or not all(user and password for user, _, password in pairs):
        raise _fault(target, f"{wanted} in {place}", "a line without user, colon or password", remedy)
    return {user.encode(): password.encode() for user, _, password in pairs}


def _fault(target: str, wanted: str, found: str, remedy: str) -> SettingsError:
    return SettingsError(f"target {target!r}", wanted=wanted, found=found, remedy=remedy)


class Doorman:
    """Answers libzmq's question for each connection: may this one send?

    :param context: Of the socket that is guarded; there is one doorman in a context.
    :ivar socket: Where the questions come; each is answered by `answer`.
    :ivar refused: Those who were not let in.
    """

    def __init__(self, context: zmq.asyncio.Context, door: Door) -> None:
        self._door = door
        self.refused = Complaints("(senders refused)")
        self.socket = context.socket(zmq.REP)
        if not door.is_open:
            self.socket.bind(_ZAP_ADDRESS)

    def guard(self, socket: zmq.asyncio.Socket) -> None:
        """Have a socket ask, before it is bound."""
        if self._door.is_open:
            return
        socket.setsockopt(zmq.ZAP_DOMAIN, _DOMAIN)
        if self._door.secret_key is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt(zmq.CURVE_SECRETKEY, self._door.secret_key)
        else:
            socket.setsockopt(zmq.PLAIN_SERVER, 1)

    async def answer(self) -> None:
        """Take one question and answer it."""
        version, request, _, address, _, mechanism, *credentials = await self.socket.recv_multipart(zmq.NOBLOCK)
        may_enter = version == _ZAP_VERSION and self._may_enter(mechanism, credentials)
        if not may_enter:
            self.refused.add(f"{address.decode(errors='replace')} with {mechanism.decode(errors='replace')}")
        status = (b"200", b"OK") if may_enter else (b"400", b"refused")
        await self.socket.send_multipart([_ZAP_VERSION, request, *status, b"", b""])

    def _may_enter(self, mechanism: bytes, credentials: list[bytes]) -> bool:
        match mechanism, credentials:
            case b"CURVE", [key] if self._door.secret_key is not None:
                return self._door.client_keys is None or key in self._door.client_keys
            case b"PLAIN", [user, password] if self._door.passwords:
                # Compared even for nobody's name, and in the same time wherever they differ.
                known = self._door.passwords.get(user, b"")
                return hmac.compare_digest(known, password) and bool(known)
        return False
