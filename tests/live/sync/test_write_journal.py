"""The journal tells whether the server itself or another program wrote a file."""

from __future__ import annotations

from hashlib import sha256

from toolkit.live.sync.write_journal import WriteJournal, disown


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


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


def test_what_the_document_took_in_counts_until_the_server_writes(tmp_path):
    hand = WriteJournal(tmp_path / "written.json")
    hand.take_in(digest(b"theirs"))
    assert hand.has(b"theirs")
    assert not hand.knows(b"theirs")
    hand.begin(b"ours")
    # The write may not come to its end.
    assert WriteJournal(hand.path).has(b"theirs")
    assert hand.has(b"ours")
    hand.confirm(b"ours")
    # Who writes it once more means it.
    assert not WriteJournal(hand.path).has(b"theirs")
    assert hand.has(b"ours")


def test_what_somebody_restores_is_no_longer_the_servers(tmp_path):
    hand = WriteJournal(tmp_path / "written-1.json")
    hand.confirm(b"one")
    hand.begin(b"two")
    hand.take_in(digest(b"three"))
    (tmp_path / "written-2.json").symlink_to(tmp_path / "elsewhere")
    disown(tmp_path, b"one")
    assert not hand.has(b"one")
    assert hand.knows(b"two")
    disown(tmp_path, b"three")
    assert not hand.has(b"three")
    disown(tmp_path / "nowhere", b"one")
    assert not (tmp_path / "elsewhere").exists()
