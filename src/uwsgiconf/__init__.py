"""Configure uWSGI from Python."""
