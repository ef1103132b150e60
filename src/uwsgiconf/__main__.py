"""`python -m uwsgiconf` is `uwsgiconf`."""

from uwsgiconf.cli import main

if __name__ == "__main__":
    main(prog_name="uwsgiconf")
