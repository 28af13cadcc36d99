"""The engine room: providers as data, calls through the official SDK, failures as values."""
