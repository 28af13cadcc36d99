"""The REST endpoint, /api/v1."""
