"""The recorder: each facet goes where it is kept."""

import json
import logging

import pytest

from server.kernel import ids
from server.kernel.access.caller import Call, Caller, set_current_call
from server.kernel.telemetry.crashes import EXCEPTIONS
from server.subdomains.ancillary.recording.api import Recorder, TraceLevel


@pytest.fixture
def recorder(server):
    return Recorder.of(server.app.platform)


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        (TraceLevel.DEBUG, logging.DEBUG),
        (TraceLevel.INFORMATION, logging.INFO),
        (TraceLevel.WARNING, logging.WARNING),
        (TraceLevel.ERROR, logging.ERROR),
    ],
)
async def test_a_trace_is_a_line_of_the_log(recorder, caplog, level, logged):
    with caplog.at_level(logging.DEBUG):
        recorder.trace(level, "{Who} saw {What}", "Ana", "a car")

    [line] = [line for line in caplog.records if line.name == "tenantry.recorded"]
    assert (line.levelno, line.getMessage()) == (logged, "Ana saw a car")


@pytest.mark.parametrize(
    ("template", "arguments", "text"),
    [
        ("{A} and {B}", ["1"], "1 and {B}"),
        ("{A}", ["1", "2"], "1"),
        ("100 %s {A}", ["{B}"], "100 %s {B}"),
        ("a\nfaked line", [], "a faked line"),
        ("{A}", ["b\r\nc"], "b  c"),
    ],
)
async def test_arguments_fill_the_template_by_position_on_one_line(recorder, caplog, template, arguments, text):
    with caplog.at_level(logging.DEBUG):
        recorder.trace(TraceLevel.ERROR, template, *arguments)

    assert caplog.records[-1].getMessage() == text


async def test_a_crash_is_a_critical_line_and_is_counted_by_its_site(recorder, caplog):
    before = EXCEPTIONS.value(name="Exceptions: web")

    incident_id = recorder.crash("web", "Javascript application crashed")

    [line] = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert (line.getMessage(), vars(line)["incident_id"]) == ("Javascript application crashed", incident_id)
    assert EXCEPTIONS.value(name="Exceptions: web") == before + 1


async def test_audits_measures_and_usages_are_queued_with_the_use_case(recorder, server):
    caller_id = ids.new_id("user")
    set_current_call(Call(Caller(caller_id), "call-of-a-test"))

    async with server.database.begin() as uow:
        recorder.audit(uow, "Car.Stolen", "{Car} was stolen", "Honda")
        recorder.measure(uow, "Cars Stolen")
        recorder.use(uow, "Car Stolen", {"Make": "Honda"}, for_id=caller_id)

    [audit] = await server.queued("audits", "Car.Stolen")
    assert json.loads(audit)["Arguments"] == ["Honda"]
    usages = [json.loads(text) for text in await server.queued("usages", caller_id)]
    assert [usage["EventName"] for usage in usages] == ["Audited", "Measured", "Car Stolen"]


async def test_nothing_is_queued_when_the_use_case_fails(recorder, server):
    with pytest.raises(ZeroDivisionError):
        async with server.database.begin() as uow:
            recorder.measure(uow, "Cars Stolen")
            raise ZeroDivisionError

    assert await server.queued("usages", "") == []
