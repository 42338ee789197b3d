"""Helper programs: benchmarks and deployment checks."""
