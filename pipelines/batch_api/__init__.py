"""The provider's batch API: files of requests, submitted once and followed to their end."""
