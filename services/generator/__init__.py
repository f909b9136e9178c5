"""The generator service: one program, three roles."""
