from .uwsgi_stub import *
