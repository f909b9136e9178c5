"""What an experiment tracker is told of a run and its stages; one that is away stops nothing."""
