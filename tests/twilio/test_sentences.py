"""Sentences of Twilio's transcripts, in any shape: in order, within a day, and fit to be stored."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.twilio.transcripts.sentences import CHANNELS, ENDS, LONGEST_SECONDS, STARTS, TEXTS, batch_result

ANY = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["1.5", "NaN", "2"])
)
NAMES = st.sampled_from([*CHANNELS, *TEXTS, *STARTS, *ENDS, "confidence", "sentenceIndex", "words"])
SENTENCES = st.lists(st.dictionaries(NAMES, ANY) | ANY, max_size=5) | ANY
RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "sentences": SENTENCES,
        "status": ANY,
        "transcription": SENTENCES | st.fixed_dictionaries({"sentences": SENTENCES}),
        "resolvedConfiguration": ANY,
    },
)


@given(RESULTS)
def test_any_result_is_read(result: dict[str, Any]) -> None:
    found = batch_result(json.dumps(result))
    said = found.sentences or []
    starts = [one.start_seconds for one in said]
    assert all(0 <= one.start_seconds <= one.end_seconds <= LONGEST_SECONDS for one in said)
    assert all(one.channel in (1, 2) and one.text == " ".join(one.text.split()) and one.text for one in said)
    assert all(one.confidence is None or 0 <= one.confidence <= 1 for one in said)
    assert all("\0" not in one.text and one.text.encode() for one in said)
    assert starts == sorted(starts)


def test_a_sentence_without_times_stands_where_it_was_sent() -> None:
    rows = [{"text": "a", "startTimeSeconds": 2}, {"text": "b"}, {"text": "c", "startTimeSeconds": 1}]
    found = batch_result(json.dumps({"sentences": rows})).sentences or []
    said = [(one.text, one.start_seconds, one.end_seconds) for one in found]
    assert said == [("c", 1.0, 2.0), ("a", 2.0, 2.0), ("b", 2.0, 2.0)]
