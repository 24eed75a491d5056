"""Rules in front of the graph, one a file: what is refused before anyone is asked who they are."""
