"""An application of the project that these tests serve; it is copied there."""
