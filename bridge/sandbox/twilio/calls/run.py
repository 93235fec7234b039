"""Documents one after the other, from the first one to the end of the call."""

from bridge.sandbox.twilio.calls import dial, record, verbs
from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.fetch import fetch_document
from bridge.sandbox.twilio.calls.recording import finish_recordings
from bridge.sandbox.twilio.effects import Flow, Notify, Request
from bridge.sandbox.twilio.twiml import Document

MAX_DOCUMENTS = 50
APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."

_VERBS = {
    "Say": verbs.say,
    "Play": verbs.play,
    "Pause": verbs.pause,
    "Redirect": verbs.redirect,
    "Reject": verbs.reject,
    "Hangup": verbs.hangup,
    "Dial": dial.dial,
    "Record": record.record,
}


def run_call(call: Call, step: Request | Document) -> Flow[None]:
    """Runs a call from its first document until everybody is gone."""
    following: Request | Document | None = step
    try:
        while following is not None:
            following = yield from _run_step(call, following)
        if not call.unanswered:
            yield from call.answer()  # a call that comes to its end unanswered is picked up and hung up on
    except Redirected as redirected:
        yield from run_call(call, redirected.step)
        return
    except HungUp:
        pass
    yield from _close(call)


def _run_step(call: Call, step: Request | Document) -> Flow[Request | None]:
    """Runs one document; what comes back is where the call goes on."""
    call.documents += 1
    if call.documents > MAX_DOCUMENTS:
        call.warn(11215, f"{MAX_DOCUMENTS} documents in one call")
        return None
    if isinstance(step, Document):
        call.played.twiml.append(step.text)
        document: Document | None = step
    else:
        document = yield from fetch_document(call, step)
    yield from _tell_later(call)
    if document is None:
        call.played.spoken.append(APPLICATION_ERROR)
        return None
    if call.documents > 1:
        yield from call.wait(call.now + 1)  # recorded calls go on a second after what ended
    return (yield from _run_verbs(call, document))


def _run_verbs(call: Call, document: Document) -> Flow[Request | None]:
    call.document_url = document.url or call.document_url
    for verb in document.verbs:
        following: Request | None = yield from _VERBS[verb.name](call, verb)
        if following is not None:
            return following
    return None


def _close(call: Call) -> Flow[None]:
    yield from _tell_later(call)
    if not call.leg.is_over:
        yield from call.announce(call.leg, call.ending)
    yield from finish_recordings(call)
    yield from _tell_later(call)


def _tell_later(call: Call) -> Flow[None]:
    waiting, call.later = call.later, []
    for request in waiting:
        yield Notify(call.now, request)
