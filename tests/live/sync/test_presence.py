"""No guest appears under the name of another."""

from __future__ import annotations

import json
import time

import pytest
import websocket
from pycrdt import Decoder, Encoder, YMessageType, create_awareness_message, read_message

from tests.patience import PATIENCE_S
from toolkit.live.session_settings import Guest
from toolkit.live.sync.presence import PresenceFilter

MENTOR = Guest(id="mentor", role="mentor", name="Ada Byron")
ZOE = Guest(id="zoe-lefevre", role="student", name="Zoé Lefèvre")


def user(guest):
    return {"username": guest.id, "name": guest.name, "display_name": guest.name, "color": "red"}


def state(guest, **more):
    return {"user": user(guest), "mentoring": {"role": guest.role, "name": guest.name}, **more}


def message(*states):
    encoder = Encoder()
    encoder.write_var_uint(len(states))
    for client, clock, said in states:
        encoder.write_var_uint(client)
        encoder.write_var_uint(clock)
        encoder.write_var_string(json.dumps(said))
    return create_awareness_message(encoder.to_bytes())


def said(data):
    decoder = Decoder(read_message(data[1:]))
    return [
        (decoder.read_var_uint(), decoder.read_var_uint(), json.loads(decoder.read_var_string()))
        for _state in range(decoder.read_var_uint())
    ]


@pytest.fixture
def through():
    presence = PresenceFilter()
    return lambda guest, *states, room="r": said(
        presence.admitted(room, guest, user(guest), message(*states))
    )


def test_what_somebody_says_of_themselves_goes_on(through):
    mine = state(
        ZOE,
        cursors=[{"from": 1}],
        mentoring={"role": "student", "name": ZOE.name, "cell": "c1", "notebook": "n.ipynb"},
    )
    assert through(ZOE, (7, 1, mine)) == [(7, 1, mine)]
    assert through(ZOE, (7, 2, {})) == [(7, 2, {})]
    assert through(ZOE, (7, 3, None)) == [(7, 3, None)]


@pytest.mark.parametrize(
    "claimed",
    [
        state(MENTOR),
        {"user": user(MENTOR)},
        {"mentoring": {"role": "mentor", "name": "Ada Byron"}},
        {"user": user(ZOE), "mentoring": {"role": "mentor", "name": "Ada Byron"}},
        {"user": {"name": "Ada Byron", "display_name": "Ada Byron"}},
    ],
)
def test_a_student_is_never_the_mentor(through, claimed):
    assert through(ZOE, (7, 1, claimed)) == []


def test_the_name_is_the_servers(through):
    disguised = state(ZOE) | {"user": {**user(ZOE), "display_name": "Ada Byron", "name": "Ada Byron"}}
    assert through(ZOE, (7, 1, disguised)) == [(7, 1, state(ZOE))]
    odd = state(ZOE) | {"user": "Ada Byron", "mentoring": "Ada Byron"}
    assert through(ZOE, (7, 2, odd)) == [(7, 2, state(ZOE))]


def test_another_ones_page_is_neither_taken_over_nor_taken_away(through):
    assert through(MENTOR, (9, 1, state(MENTOR)))
    # What a page has heard, it sends on.
    assert through(ZOE, (9, 1, state(MENTOR)), (7, 1, state(ZOE))) == [(7, 1, state(ZOE))]
    assert through(ZOE, (9, 2, state(ZOE))) == []
    assert through(ZOE, (9, 2, {})) == []
    assert through(ZOE, (9, 2, None)) == []
    assert through(ZOE, (11, 1, None)) == []
    assert through(MENTOR, (9, 2, state(MENTOR))) == [(9, 2, state(MENTOR))]
    # Another document has other pages.
    assert through(ZOE, (9, 1, state(ZOE)), room="other")


def test_nobody_uses_up_what_another_one_has(through):
    for page in range(1, 2000):
        through(ZOE, (page, 1, {}))
    assert through(ZOE, (5000, 1, state(ZOE))) == []
    assert through(ZOE, (1, 2, state(ZOE)))
    assert through(MENTOR, (6000, 1, state(MENTOR)))
    assert through(MENTOR, (6000, 2, state(MENTOR, cursors="x" * 300_000))) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x01\x05\x01",
        message((7, 1, [])),
        message((7, 1, 5)),
        # Python reads and writes these; a browser does not.
        message((7, 1, {"x": float("nan")})),
        message((2**60, 1, {})),
        message((7, 2**60, {})),
        create_awareness_message(b"\x01\x07\x01\xa0\x8d\x06" + b"[" * 100_000),
    ],
)
def test_what_is_no_such_message_is_refused(data):
    with pytest.raises(ValueError):  # noqa: PT011 - json's is one
        PresenceFilter().admitted("r", ZOE, user(ZOE), data)


def test_disconnected_guest_is_gone_unless_reconnected():
    """A guest disappears on disconnection, unless connected again by another connection."""
    presence = PresenceFilter()
    for client, way in ((7, "first"), (8, "first"), (8, "second")):
        presence.admitted("r", ZOE, user(ZOE), message((client, 1, state(ZOE))), way)
    assert presence.gone("elsewhere", "first") == []
    assert presence.gone("r", "first") == [7]
    assert presence.gone("r", "first") == []
    assert presence.gone("r", "second") == [8]


def test_in_a_real_room_it_is_soon_said_of_who_is_cut_off(live):
    mentor, zoe = (live.open(client, live.room(client)) for client in (live.guest("mentor"), live.guest()))
    zoe.send_binary(message((8, 3, {"user": {"username": ZOE.id}})))
    heard, deadline = [], time.monotonic() + PATIENCE_S
    while heard[-1:] != [(8, 3, None)]:
        assert time.monotonic() < deadline
        data = mentor.recv()
        if data and data[0] == YMessageType.AWARENESS:
            heard += said(data)
            zoe.shutdown()
    # The count is not the server's to raise: what the page says when it is back has to be a higher one.
    assert [client for client, _clock, _state in heard] == [8, 8]


def test_in_a_real_room_the_other_hears_the_servers_name(live):
    mentor, zoe = (live.open(client, live.room(client)) for client in (live.guest("mentor"), live.guest()))
    zoe.send_binary(message((7, 1, state(MENTOR))))
    zoe.send_binary(message((8, 1, {"user": {"username": ZOE.id, "display_name": "Ada Byron"}})))
    heard, deadline = {}, time.monotonic() + PATIENCE_S
    while 8 not in heard:
        assert time.monotonic() < deadline
        data = mentor.recv()
        if data and data[0] == YMessageType.AWARENESS:
            heard |= {client: told for client, _clock, told in said(data)}
    assert 7 not in heard
    assert heard[8]["user"]["display_name"] == ZOE.name
    zoe.send_binary(b"\x01\x05\x01")
    kind = None
    while kind != websocket.ABNF.OPCODE_CLOSE:
        kind, data = zoe.recv_data()
    assert int.from_bytes(data[:2]) == 1007
