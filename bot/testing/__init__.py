"""What authors of sources and adapters test with; shipped, so that they need nothing else."""
