"""What a device computes at a time: its part of a batch, cut so that little of it is padding."""
