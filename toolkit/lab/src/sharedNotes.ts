// The shared notes: plain text that several people may edit at the same time.
import type * as Y from 'yjs';
import { h, icon } from '../../widgets/views/dom.js';
import { LIMITS } from '../../widgets/views/entryDefaults.js';
import type { SharedSession } from './sharedSession';

type Delta = Y.YTextEvent['delta'];

/** Shift a position in the text by another person's change. */
export function shiftPosition(place: number, delta: Delta): number {
  let at = 0;
  for (const step of delta) {
    if (step.retain) at += step.retain;
    else if (step.insert) {
      const { length } = step.insert as string;
      if (at < place) place += length;
      at += length;
    } else if (step.delete && at < place) place -= Math.min(step.delete, place - at);
  }
  return place;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/** The smallest replacement that turns `before` into `now`; it splits no surrogate pair. */
export function textDifference(before: string, now: string): { start: number; removed: number; text: string } {
  const least = Math.min(before.length, now.length);
  let start = 0;
  while (start < least && before[start] === now[start]) start++;
  if (start && isHighSurrogate(before.charCodeAt(start - 1))) start--;
  let end = 0;
  while (end < least - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  if (end && isLowSurrogate(before.charCodeAt(before.length - end))) end--;
  return { start, removed: before.length - end - start, text: now.slice(start, now.length - end) };
}

export class SharedNotes {
  readonly node: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  /** The text when field and document were last equal. */
  private syncedText = '';
  private composing = false;
  /** Other people's changes during the composition of a character (input method). */
  private queuedDeltas: Delta[] = [];

  constructor(private readonly session: SharedSession) {
    const words = session.config.strings.panel;
    const id = 'mt-notes-hint';
    this.field = h('textarea', {
      class: 'mt-notes-field',
      rows: '3',
      maxlength: String(LIMITS.notesChars),
      'aria-label': words['notes'],
      'aria-describedby': id,
      dir: 'auto'
    });
    const title = h('span', { class: 'mt-title' }, words['notes']);
    const hint = h('div', { class: 'mt-small', id }, words['notesHint']);
    this.node = h(
      'details',
      { class: 'mt-section mt-notes', open: true },
      h('summary', {}, icon('chevron'), title),
      this.field,
      hint
    );
    this.syncedText = this.field.value = session.record.notes.toString();
    session.record.notes.observe(this.onNotes);
    this.field.addEventListener('input', event => (event as InputEvent).isComposing || this.commit());
    this.field.addEventListener('compositionstart', () => (this.composing = true));
    this.field.addEventListener('compositionend', () => {
      this.composing = false;
      this.commit();
    });
    this.field.addEventListener('keydown', event => event.ctrlKey || event.metaKey || event.stopPropagation());
  }

  dispose(): void {
    this.session.record.notes.unobserve(this.onNotes);
  }

  private commit(): void {
    const { start, removed, text } = textDifference(this.syncedText, this.field.value);
    const late = this.queuedDeltas.splice(0);
    const place = (at: number) => late.reduce(shiftPosition, at);
    const [from, to] = [place(start), place(start + removed)];
    const caret = place(this.field.selectionStart);
    if (removed || text) this.session.record.editNotes(from, Math.max(0, to - from), text);
    this.syncedText = this.session.record.notes.toString();
    if (this.field.value !== this.syncedText) this.showText(caret, caret);
  }

  private showText(from: number, to: number): void {
    const { scrollTop } = this.field;
    this.field.value = this.syncedText;
    if (document.activeElement === this.field) this.field.setSelectionRange(from, to);
    this.field.scrollTop = scrollTop;
  }

  private readonly onNotes = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    if (transaction.origin === this.session.record.notesOrigin) return;
    if (this.composing) {
      this.queuedDeltas.push(event.delta);
      return;
    }
    const { selectionStart, selectionEnd } = this.field;
    this.syncedText = this.session.record.notes.toString();
    this.showText(shiftPosition(selectionStart, event.delta), shiftPosition(selectionEnd, event.delta));
  };
}
