"""Programs that keep listening."""
