"""Caches shared by all processes of an instance."""

from __future__ import annotations

from ..base import OptionsGroup, SectionT
from ..values import Path, Strings, flag, key_values, listed


class Caching(OptionsGroup[SectionT]):
    """Caches in memory that all processes of an instance share; there can be any number of them."""

    def set_basic_params(
        self,
        *,
        no_expire: bool | None = None,
        expire_scan_interval: int | None = None,
        report_freed: bool | None = None,
    ) -> SectionT:
        """Set how items of all caches expire.

        :param no_expire: Never remove expired items. Source: ``cache-no-expire``.
        :param expire_scan_interval: Seconds between two looks for expired items. Default: 3.
            Source: ``cache-expire-freq``.
        :param report_freed: Log every item that is removed, for debugging. Source: ``cache-report-freed-items``.
        """
        return self._set(
            {
                "cache-no-expire": no_expire,
                "cache-expire-freq": expire_scan_interval,
                "cache-report-freed-items": report_freed,
            }
        )

    def add_item(self, key: str, value: str, *, cache_name: str | None = None) -> SectionT:
        """Put an item into a cache at the start of the instance.

        :param key: Its key.
        :param value: Its value. Source: ``add-cache-item``.
        :param cache_name: The cache. Default: the first one.
        """
        item = f"{key}={value}"
        return self._set({"add-cache-item": f"{cache_name} {item}" if cache_name else item})

    def add_file(self, filepath: Path, *, gzip: bool = False, cache_name: str | None = None) -> SectionT:
        """Put the content of a file into a cache at the start of the instance; its key is the path as given.

        :param filepath: The file. Source: ``load-file-in-cache``.
        :param gzip: Compress it. Source: ``load-file-in-cache-gzip``.
        :param cache_name: The cache. Default: the first one.
        """
        name = "load-file-in-cache-gzip" if gzip else "load-file-in-cache"
        return self._set({name: f"{cache_name} {filepath}" if cache_name else filepath})

    def add_cache(
        self,
        name: str,
        max_items: int,
        *,
        no_expire: bool | None = None,
        store: Path | None = None,
        store_sync_interval: int | None = None,
        store_delete: bool | None = None,
        hash_algo: str | None = None,
        hash_size: int | None = None,
        key_size: int | None = None,
        udp_clients: Strings | None = None,
        udp_servers: Strings | None = None,
        block_size: int | None = None,
        block_count: int | None = None,
        sync_from: Strings | None = None,
        mode_bitmap: bool | None = None,
        use_lastmod: bool | None = None,
        full_silent: bool | None = None,
        full_purge_lru: bool | None = None,
    ) -> SectionT:
        """Create a cache. Source: ``cache2``.

        Expired items are removed by a thread of the master, so a cache whose items expire needs a master. Parameters
        that switch something on do so when they are given at all: uWSGI has no way to say the contrary.

        :param name: Its name, unlike that of any other cache.
        :param max_items: How many items it holds, and one more that uWSGI keeps for itself.
        :param no_expire: Items never expire.
        :param store: File that keeps the items when the instance is not running.
        :param store_sync_interval: Seconds between two writes to that file. Default: the kernel decides.
        :param store_delete: Delete that file when it was made for another size, instead of not starting.
        :param hash_algo: Hash function, `djb33x` or `murmur2`. Default: `djb33x`.
        :param hash_size: Size of the hash table in bytes. Default: 65536.
        :param key_size: Longest key in bytes. Default: 2048.
        :param udp_clients: Addresses to tell of every change.
        :param udp_servers: Addresses to listen at for changes elsewhere.
        :param block_size: Size of a block in bytes, a multiple of 4096 if possible. Default: 65536.
        :param block_count: How many blocks there are, for `mode_bitmap`. Default: as many as items.
        :param sync_from: Addresses of instances to copy the items from at the start; the first that answers is used.
        :param mode_bitmap: An item can take several blocks: less memory for items of different sizes, and slower.
        :param use_lastmod: Remember when the cache was last changed.
        :param full_silent: Do not log that the cache is full.
        :param full_purge_lru: Remove the item that was not used for longest when the cache is full.
        """
        cache = {
            "name": name,
            "maxitems": max_items,
            "no_expire": flag(no_expire),
            "store": store,
            "storesync": store_sync_interval,
            "store_delete": flag(store_delete),
            "hash": hash_algo,
            "hash_size": hash_size,
            "key_size": key_size,
            "nodes": listed(udp_clients),
            "udp_servers": listed(udp_servers),
            "blocksize": block_size,
            "blocks": block_count,
            "sync": listed(sync_from),
            "bitmap": flag(mode_bitmap),
            "lastmod": flag(use_lastmod),
            "ignore_full": flag(full_silent),
            "purge_lru": flag(full_purge_lru),
        }
        return self._set({"cache2": key_values(cache)})
