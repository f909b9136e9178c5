"""Many questions to one slow endpoint: ours, and the peers that people ask a teacher with."""
