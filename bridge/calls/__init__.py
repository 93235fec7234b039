"""What a call is, decided purely: no I/O, no clock, no framework."""
