"""Tests of importing files into Python."""
