"""The customer's telephone: a page that calls the company's number and is called, with plain WebRTC, no SDK.

`/sandbox/telephone?number=+33639980001` is the telephone of that number while the page is open; other numbers
are scripts as before. Its WebSocket `/sandbox/telephone/line` takes and sends objects with a `type`:

| the page says | | the page hears | |
| --- | --- | --- | --- |
| `dial` | to, sdp | `ready` | number, company |
| `answer`, `offer` | sid, sdp | `dialled`, `ringing`, `hangup`, `cancel` | sid |
| `reject`, `hangup` | sid | `ring` | sid, from, sdp |
| `digits` | sid, digits | `answer`, `connect` | sid, sdp |
| | | `digits` | sid, digits |
| | | `offer` | sid: it is to be connected with another one, and offers anew |
| | | `refused` | why |
"""
