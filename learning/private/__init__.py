"""Privacy: training that hides who was trained on, what that costs, and how much a model tells without it."""
