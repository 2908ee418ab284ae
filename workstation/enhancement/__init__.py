"""What contrast does in tissue over time, and what its course tells: from phases to evidence for a target."""
