"""From a configuration file of uWSGI to the Python module that says the same.

Every line becomes a call, in order: of the method of a group where one sets that option, else of `set_option`. Each
call is tried before it is written, so the module compiles back to the options it was made of.
"""

from .module import python_module

__all__ = ["python_module"]
