"""Middleware: health checks, allowed methods, the request log, security headers, error pages, the audit log."""
