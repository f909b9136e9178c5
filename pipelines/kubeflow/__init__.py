"""The door of kfp: the graph, where its stages run, the cluster's API."""
