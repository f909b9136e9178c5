"""Code generated from protos/littlegiants/v1 by protos/generate.py: do not edit."""
