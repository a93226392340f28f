"""Programs around the desk: the launcher of `make run`, the installer of Chromium, the vendor fetcher."""
