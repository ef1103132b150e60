"""Static files: which ones are served, and how."""

from __future__ import annotations

import os

from ..base import OptionsGroup, SectionT
from ..values import Path, Paths, Strings, as_list, one_word


class Statics(OptionsGroup[SectionT]):
    """Static files that uWSGI serves by itself, without asking the application."""

    #: As `static_dir`: the directory that DOCUMENT_ROOT of the request names.
    DIR_DOCUMENT_ROOT = "docroot"

    class expiration_criteria:  # noqa: N801 - the documented name
        """What a rule of `add_expiration_rule` looks at."""

        #: Name of the file.
        FILENAME = "filename"
        #: MIME type of the file.
        MIME_TYPE = "type"
        #: Path of the request.
        PATH_INFO = "path-info"
        #: Path and query of the request.
        REQUEST_URI = "uri"

    class transfer_modes:  # noqa: N801 - the documented name
        """Who sends the file: with these, uWSGI names it to the web server in front."""

        #: The header X-Sendfile, for Apache.
        SENDFILE = "x-sendfile"
        #: The header X-Accel-Redirect, for nginx.
        ACCEL_REDIRECT = "x-accel-redirect"

    def set_basic_params(
        self,
        *,
        static_dir: Paths | None = None,
        index_file: Strings | None = None,
        mime_file: Paths | None = None,
        skip_ext: Strings | None = None,
        transfer_mode: str | None = None,
    ) -> SectionT:
        """Set where files are looked for.

        :param static_dir: Directories to look in before the application is asked; `DIR_DOCUMENT_ROOT` for the one
            that the request names. Source: ``static-check``, ``check-static-docroot``.
        :param index_file: Files to serve for a directory, such as `index.html`. Source: ``static-index``.
        :param mime_file: Further lists of MIME types. Default: `/etc/mime.types`. Source: ``mimefile``.
        :param skip_ext: Ends of names of files that are never served, such as `.php`. Source: ``static-skip-ext``.
        :param transfer_mode: Let the web server send the files, see `transfer_modes`. Source: ``fileserve-mode``.
        """
        directories = as_list(static_dir)
        checked = [directory for directory in directories if directory != self.DIR_DOCUMENT_ROOT]
        return self._set(
            {
                "check-static-docroot": True if len(checked) < len(directories) else None,
                "static-check": checked or None,
                "static-index": index_file,
                "mimefile": mime_file,
                "static-skip-ext": skip_ext,
                "fileserve-mode": transfer_mode,
            }
        )

    def register_static_map(
        self,
        mountpoint: str,
        target: Path,
        *,
        retain_resource_path: bool = False,
        safe_target: bool = False,
    ) -> SectionT:
        """Serve a part of the site from a directory.

        :param mountpoint: Start of the path, such as `/images`.
        :param target: The directory, or one file. Source: ``static-map``.
        :param retain_resource_path: Look in the directory for the whole path, the mountpoint included.
            Source: ``static-map2``.
        :param safe_target: Let symbolic links lead there from other directories. Source: ``static-safe``.
        """
        option = "static-map2" if retain_resource_path else "static-map"
        return self._set({option: f"{mountpoint}={os.fspath(target)}", "static-safe": target if safe_target else None})

    def add_expiration_rule(
        self, criterion: str, value: Strings, *, timeout: int, use_mod_time: bool = False
    ) -> SectionT:
        """Set how long clients may keep files.

        :param criterion: What to look at, see `expiration_criteria`.
        :param value: What it has to be: a MIME type, otherwise a regular expression.
        :param timeout: Seconds they may keep them. Source: ``static-expires``, ``static-expires-type``,
            ``static-expires-path-info``, ``static-expires-uri``.
        :param use_mod_time: Count from when the file was changed. Source: the same with ``-mtime``.
        """
        option = "static-expires" if criterion == self.expiration_criteria.FILENAME else f"static-expires-{criterion}"
        is_type = criterion == self.expiration_criteria.MIME_TYPE
        rules = {str(item) if is_type else one_word(str(item)): timeout for item in as_list(value)}
        return self._set({f"{option}-mtime" if use_mod_time else option: rules})

    def set_paths_caching_params(self, *, timeout: int | None = None, cache_name: str | None = None) -> SectionT:
        """Remember which file belongs to which path.

        :param timeout: Seconds to remember it. Source: ``static-cache-paths``.
        :param cache_name: The cache to remember it in. Default: the first. Source: ``static-cache-paths-name``.
        """
        return self._set({"static-cache-paths": timeout, "static-cache-paths-name": cache_name})
