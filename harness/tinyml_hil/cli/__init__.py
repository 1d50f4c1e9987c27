"""The command line: the same parts as the pytest plugin, one task at a time.

A module holds the commands of one subject; ``app`` says which.
"""
