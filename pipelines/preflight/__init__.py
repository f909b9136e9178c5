"""What must be in order before anything is paid or downloaded."""
