"""Whose a file is: the server's own, or somebody else's."""

from __future__ import annotations

from toolkit.live.sync.write_journal import WriteJournal


def test_what_is_written_is_known_before_it_is_there_and_after(tmp_path):
    hand = WriteJournal(tmp_path / "written.json")
    assert not hand.knows(b"one")
    hand.confirm(b"one")
    hand.begin(b"two")
    for data in (b"one", b"two"):
        assert WriteJournal(hand.path).knows(data)
    hand.confirm(b"two")
    hand.begin(b"three")
    assert not WriteJournal(hand.path).knows(b"one")
    assert WriteJournal(hand.path).knows(b"two")


def test_after_a_write_that_failed_the_old_file_is_still_known(tmp_path):
    hand = WriteJournal(tmp_path / "written.json")
    hand.confirm(b"one")
    hand.begin(b"two")
    hand.begin(b"three")
    assert WriteJournal(hand.path).knows(b"one")


def test_a_note_that_is_none_knows_nothing(tmp_path):
    note = tmp_path / "written.json"
    for text in ("", "[]", "{}", '{"written": 3}', "\ud800"):
        note.write_text(text, encoding="utf-8", errors="surrogatepass")
        assert not WriteJournal(note).knows(b"one")
