"""The workloads of the performance budget, against a node in a process of its own."""
