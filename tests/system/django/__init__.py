"""Django projects served by real uWSGI."""
