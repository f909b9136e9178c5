"""Who may ask now, and who waits: slots, admission, quotas."""
