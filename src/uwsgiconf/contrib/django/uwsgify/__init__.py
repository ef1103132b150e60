"""Django served by uWSGI: put `uwsgiconf.contrib.django.uwsgify` into INSTALLED_APPS."""
