"""Middleware: health checks, size limits, static files, allowed methods, the log, headers, error pages, audit."""
