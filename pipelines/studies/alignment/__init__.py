"""The alignment study: do aligned generators write better rows, in content and not form alone."""
