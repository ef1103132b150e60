"""Decisions, and nothing but decisions: no clock, no system call, no driver is reached from here."""
