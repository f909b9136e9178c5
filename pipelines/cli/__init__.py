"""Flags of commands and steps, and the exit codes that programs end with."""
