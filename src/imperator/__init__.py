"""The Emperor: keeps vassals in line with their configuration, wherever that lives."""
