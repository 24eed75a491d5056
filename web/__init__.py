"""What stands between HTTP and the graph: who asks, what may come in, and the form of every answer."""
