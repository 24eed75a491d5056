"""A load test with faults: clients who know what must be true, a worker that is killed, a database that restarts."""
