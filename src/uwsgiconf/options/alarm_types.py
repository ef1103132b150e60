"""What an alarm can do when it is raised."""

from __future__ import annotations

from ..values import ParametrizedValue, Strings, as_text, first_word, listed, switch


class AlarmType(ParametrizedValue):
    """An alarm: a name to raise it by, and what happens then.

    :param alias: The name of the alarm.
    :param args: Arguments of what happens then.
    :raises ConfigurationError: There is a blank in the name.
    """

    def __init__(self, alias: str, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.alias = first_word(alias or "", f"{type(self).__name__}: `alias`")


class AlarmCommand(AlarmType):
    """Runs a shell command that reads the message from its standard input.

    :param alias: The name of the alarm.
    :param command: The command line.
    """

    name = "cmd"

    def __init__(self, alias: str, *, command: str) -> None:
        super().__init__(alias, command)


class AlarmSignal(AlarmType):
    """Raises a uWSGI signal.

    :param alias: The name of the alarm.
    :param sig: Number of the signal, 0 to 255.
    """

    name = "signal"

    def __init__(self, alias: str, *, sig: int) -> None:
        super().__init__(alias, sig)


class AlarmLog(AlarmType):
    """Writes the message into the log.

    :param alias: The name of the alarm.
    """

    name = "log"

    def __init__(self, alias: str) -> None:
        super().__init__(alias)


class AlarmMule(AlarmType):
    """Sends the message to a mule.

    :param alias: The name of the alarm.
    :param mule: Number of the mule, from 1.
    """

    name = "mule"

    def __init__(self, alias: str, *, mule: int) -> None:
        super().__init__(alias, mule)


class AlarmCurl(AlarmType):
    """Sends the message to a URL, of a scheme that cURL knows: http, smtp, ftp.

    :param alias: The name of the alarm.
    :param url: Where to send it.
    :param method: HTTP method.
    :param ssl: Use TLS.
    :param ssl_insecure: Do not check the certificate of the server.
    :param auth_user: User name to authenticate with.
    :param auth_pass: Password to authenticate with.
    :param timeout: Seconds the whole transfer may take.
    :param conn_timeout: Seconds connecting may take.
    :param mail_from: Sender, for mail.
    :param mail_to: Recipient, for mail.
    :param subject: Subject, for mail.
    """

    name = "curl"
    plugin = "alarm_curl"
    args_joiner = ";"

    def __init__(
        self,
        alias: str,
        url: str,
        *,
        method: str | None = None,
        ssl: bool | None = None,
        ssl_insecure: bool | None = None,
        auth_user: str | None = None,
        auth_pass: str | None = None,
        timeout: int | None = None,
        conn_timeout: int | None = None,
        mail_from: str | None = None,
        mail_to: str | None = None,
        subject: str | None = None,
    ) -> None:
        settings = {
            "auth_pass": auth_pass,
            "auth_user": auth_user,
            "conn_timeout": conn_timeout,
            "mail_from": mail_from,
            "mail_to": mail_to,
            "method": method,
            "ssl": switch(ssl),
            "ssl_insecure": switch(ssl_insecure),
            "subject": subject,
            "timeout": timeout,
        }
        # Not `key_values`: this plugin has no way to escape a separator.
        pairs = (f"{key}={as_text(value)}" for key, value in settings.items() if value is not None)
        super().__init__(alias, url, self.args_joiner.join(pairs))


class AlarmXmpp(AlarmType):
    """Sends the message through XMPP, also known as Jabber.

    :param alias: The name of the alarm.
    :param jid: Account to send from.
    :param password: Password of that account.
    :param recipients: Accounts to send to.
    """

    name = "xmpp"
    plugin = "alarm_xmpp"
    args_joiner = ";"

    def __init__(self, alias: str, *, jid: str, password: str, recipients: Strings) -> None:
        super().__init__(alias, jid, password, listed(recipients, ","))
