"""One camera over time: regions, motion gate, view quality, and the worker that drives them."""
