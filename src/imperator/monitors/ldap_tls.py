"""TLS towards a server of LDAP: always with a certificate that is checked."""

from __future__ import annotations

import ssl

from imperator.errors import SettingsError
from imperator.monitors.ldap_url import TlsFiles

__all__ = ["make_tls_context"]


def make_tls_context(source: str, files: TlsFiles) -> ssl.SSLContext:
    """Read certificates and key, now: later we may no longer have the right to.

    :param source: The target, for errors.
    :raises SettingsError: One of the files cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=files.ca)
    except OSError as failure:
        raise _unusable(source, "the certificates of authorities", files.ca or "", failure) from failure
    if files.certificate is not None:
        try:
            # Without a way to ask for one, a key with a passphrase would ask on the terminal.
            context.load_cert_chain(files.certificate, files.key, password=lambda: "")
        except (OSError, ValueError) as failure:
            paths = files.certificate if files.key is None else f"{files.certificate} and {files.key}"
            raise _unusable(source, "our certificate and its key", paths, failure) from failure
    return context


def _unusable(source: str, wanted: str, paths: str, failure: Exception) -> SettingsError:
    reason = (isinstance(failure, OSError) and failure.strerror) or str(failure)
    return SettingsError(
        f"target '{source}'",
        wanted=f"{wanted} in {paths}, as PEM",
        found=reason,
        remedy="Check the path, its permissions and what is in it; a key has no passphrase.",
    )
