"""Files on any URL: retries, whole writes, digests, leases."""
