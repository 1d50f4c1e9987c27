from .memory import read_memory as read_memory
from .writing import (
    PAGE as PAGE,
    SUMMARY as SUMMARY,
    write_report as write_report,
    write_report_or_warn as write_report_or_warn,
)
