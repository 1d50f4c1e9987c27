"""JUnit XML of a run that pytest did not make: one test case, with the run's properties."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from tinyml_hil.record import RunRecord
from tinyml_hil.report.xml_text import writable

_SUITE = "tinyml-hil"


def render_junit(record: RunRecord) -> bytes:
    """The run as a test suite of one case, which has the run's failures.

    Source: the schema that Jenkins reads, github.com/jenkinsci/xunit-plugin, junit-10.xsd.
    """
    failed, stopped = record.status == "failed", record.status == "interrupted"
    counts = {"tests": "1", "failures": str(int(failed)), "errors": str(int(stopped))}
    suites = ElementTree.Element("testsuites", counts)
    facts = {"name": _SUITE, **counts, "skipped": "0", "timestamp": record.started}
    suite = ElementTree.SubElement(suites, "testsuite", facts)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in record.properties().items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    name = f"{record.model['name']} on {record.target}, {record.platform}"
    case = ElementTree.SubElement(suite, "testcase", {"classname": _SUITE, "name": name})
    if failed or stopped:
        text = writable("\n".join(record.failures))
        message = {"message": text.partition("\n")[0]}
        problem = ElementTree.SubElement(case, "failure" if failed else "error", message)
        problem.text = text
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))
