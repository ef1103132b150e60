"""uWSGI's own Emperor and ours, side by side on one machine in one run."""
