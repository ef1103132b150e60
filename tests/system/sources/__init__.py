"""Monitors of servers, each against its real one."""
