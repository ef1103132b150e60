"""Tests of the Django application; each runs with the settings of `site_settings`."""
