"""Who calls, and over which channel: tokens and TLS."""
