"""uWSGI's own module inside uWSGI, and its stand-in everywhere else: `from uwsgiconf import uwsgi`."""

import sys

try:
    import uwsgi as _module
except ImportError:
    from . import uwsgi_stub as _module
else:
    _module.is_stub = False

# Whoever imports this gets the module itself, so that a call costs nothing more than uWSGI's own.
sys.modules[__name__] = _module
