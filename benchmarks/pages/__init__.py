"""The tables and plots of each page of the documentation, made from what was measured."""
