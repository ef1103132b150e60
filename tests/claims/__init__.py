"""What `uwsgiconf.runtime` promises, as one table: run against the emulator, and inside a real uWSGI.

A claim does something as a request would, in a worker; then its check, asked again and again, becomes true.
"""
