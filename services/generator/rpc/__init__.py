"""gRPC: servicers, interceptors, statuses."""
