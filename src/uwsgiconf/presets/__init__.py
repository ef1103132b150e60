"""Sections that are set up for common needs."""
