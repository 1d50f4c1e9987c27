"""JUnit XML of runs and campaigns: a test case each, with what identifies it as properties."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from tinyml_hil.record import CampaignRecord, JointRecord, RunRecord
from tinyml_hil.report.xml_text import writable

_SUITE = "tinyml-hil"
_AGREEMENT = "all devices give the same bytes"


def render_junit(record: RunRecord | CampaignRecord) -> bytes:
    """The record as a test suite of one case, which has its failures.

    Source: the schema that Jenkins reads, github.com/jenkinsci/xunit-plugin, junit-10.xsd.
    """
    return _suites([_suite(record, _SUITE)])


def render_joint_junit(joint: JointRecord, runs: Mapping[str, RunRecord]) -> bytes:
    """The runs of several devices: a suite each, and one for whether the devices agree.

    ``runs``: by the devices' names.
    """
    suites = [_suite(run, f"{_SUITE}.{writable(name)}") for name, run in runs.items()]
    counts = {"tests": "1", "failures": str(int(bool(joint.disagreements))), "errors": "0"}
    facts = {"name": _SUITE, **counts, "skipped": "0", "timestamp": joint.started}
    suite = ElementTree.Element("testsuite", facts)
    properties = {"run": joint.id, "inputs": str(joint.inputs), "equal": str(joint.equal)}
    _add_properties(suite, properties)
    case = ElementTree.SubElement(suite, "testcase", {"classname": _SUITE, "name": _AGREEMENT})
    if joint.disagreements:
        _add_problem(case, "failure", "\n".join(joint.disagreements))
    return _suites([*suites, suite])


def _suites(found: list[ElementTree.Element]) -> bytes:
    counts = {
        name: str(sum(int(suite.get(name, "0")) for suite in found))
        for name in ("tests", "failures", "errors")
    }
    suites = ElementTree.Element("testsuites", counts)
    suites.extend(found)
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))


def _suite(record: RunRecord | CampaignRecord, of: str) -> ElementTree.Element:
    failed, stopped = record.status == "failed", record.status == "interrupted"
    counts = {"tests": "1", "failures": str(int(failed)), "errors": str(int(stopped))}
    facts = {"name": of, **counts, "skipped": "0", "timestamp": record.started}
    suite = ElementTree.Element("testsuite", facts)
    _add_properties(suite, record.properties())
    case = ElementTree.SubElement(suite, "testcase", {"classname": of, "name": record.title})
    if failed or stopped:
        _add_problem(case, "failure" if failed else "error", "\n".join(record.failures))
    return suite


def _add_properties(suite: ElementTree.Element, found: Mapping[str, str]) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in found.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})


def _add_problem(case: ElementTree.Element, kind: str, said: str) -> None:
    text = writable(said)
    problem = ElementTree.SubElement(case, kind, {"message": text.partition("\n")[0]})
    problem.text = text
