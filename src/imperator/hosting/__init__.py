"""What any process that stays has to do: detach, leave its pid, log, drop privileges, carry a name."""
