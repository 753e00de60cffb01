"""Settings of flows and layers, at the import paths that users write."""
