"""Programs around the desk: the launcher of `make run`, the installer of what tests drive, the vendor fetcher."""
