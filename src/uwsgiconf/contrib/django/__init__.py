"""What ties uWSGI to Django."""
