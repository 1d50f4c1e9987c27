"""The suite: what is true of any model on any firmware; `pytest --pyargs tinyml_hil.suite`."""
