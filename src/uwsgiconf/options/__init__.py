"""The groups of options that a `Section` has, one module each."""
