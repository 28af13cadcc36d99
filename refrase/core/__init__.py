"""The trade itself: values and pure functions. No I/O, no clock, no framework."""
