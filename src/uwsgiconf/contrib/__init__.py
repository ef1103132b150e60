"""What ties uWSGI to frameworks."""
