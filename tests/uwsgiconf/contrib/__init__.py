"""Tests of what ties uWSGI to others."""
