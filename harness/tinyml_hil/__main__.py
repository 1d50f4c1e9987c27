"""``python -m tinyml_hil``: the command line."""

from tinyml_hil.cli.app import main

main()
