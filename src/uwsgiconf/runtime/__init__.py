"""For code that runs inside uWSGI: caches, locks, signals, timers, mules, spoolers and the rest, as plain Python."""
