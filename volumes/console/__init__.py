"""The console: what a member of a company sees and does in a browser. It works without script."""
