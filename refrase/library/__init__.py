"""Prompt libraries: files read into documents with slots, and written back with nothing else touched."""
