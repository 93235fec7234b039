"""From a call's transcript to its summary, by any server that speaks `POST /v1/chat/completions`."""
