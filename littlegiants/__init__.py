"""The language of Little Giants: what services, pipelines and clients mean by the same word."""

__version__ = "0.1.0"
