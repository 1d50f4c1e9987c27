"""The project's own firmware on a simulator: engine, console, models loaded, faults on purpose."""
