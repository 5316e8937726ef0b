"""The console: pages for members of companies. They work without script."""
