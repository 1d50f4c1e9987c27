from .backend import whatever_backend as whatever_backend
from .colours import COLOURS as COLOURS
from .drawing import drawings_of as drawings_of
from .files import PAGE as PAGE, SUMMARY as SUMMARY
from .gallery import Bar as Bar, bars_of as bars_of
from .junit import render_junit as render_junit
from .memory import read_memory as read_memory
from .page import stylesheet as stylesheet
from .svg import Plot as Plot, new_plot as new_plot
from .templating import new_environment as new_environment
from .trend_page import render_trend_page as render_trend_page
from .verdicts import VERDICTS as VERDICTS
from .writing import (
    write_joint_report as write_joint_report,
    write_report as write_report,
    write_report_or_warn as write_report_or_warn,
)
