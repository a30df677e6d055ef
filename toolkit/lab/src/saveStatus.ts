// What became of our changes: sent and not yet on the server's disk, or there.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import type { SharedRecord } from './sharedRecord';

interface Saved {
  readonly at: string;
  /** The state vector of the document that was written, base64. */
  readonly vector: string;
}

/** Something of ours that is on its way. */
interface Sent {
  readonly clock: number;
  readonly since: number;
}

/** How long (ms) text is typed before we ask whether it is saved. */
const ASK = 300;

export class Delivery {
  readonly changed = new Signal<this, void>(this);
  /** The last state of ours that carries a change of the record. */
  private sent: Sent | null = null;
  /** The last one in which we asked about the rest of the notebook: text, outputs. */
  private asked: Sent | null = null;
  /** Since when (ms) something of that was changed and not asked about. */
  private typed: number | null = null;
  private writing = false;
  private timer = 0;

  constructor(private readonly record: SharedRecord) {
    record.writes.connect(() => void (this.writing = true), this);
    record.wrote.connect(this.onWrote, this);
    record.server.observe(this.onServer);
    record.ydoc.on('afterTransaction', this.onTransaction);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.record.ydoc.off('afterTransaction', this.onTransaction);
    this.record.server.unobserve(this.onServer);
    Signal.clearData(this);
  }

  /** Whether a change of ours to the record is not on the server's disk, as far as we know. */
  get pending(): boolean {
    return this.writing || this.sent !== null;
  }

  /** Since when (ms) something of ours, be it a word in a cell, is not known to be on the disk; null: all is. */
  get since(): number | null {
    const waiting = [this.sent?.since, this.asked?.since, this.typed].filter(one => one !== undefined && one !== null);
    return waiting.length ? Math.min(...(waiting as number[])) : null;
  }

  /** When the server last wrote (ISO 8601); empty where it has not. */
  get savedAt(): string {
    return this.saved()?.at ?? '';
  }

  /** What keeps the server from saving; empty when nothing does. */
  get error(): string {
    return String(this.record.server.get('error') ?? '');
  }

  private saved(): Saved | undefined {
    return this.record.server.get('saved') as Saved | undefined;
  }

  private now(since: number): Sent {
    const { ydoc } = this.record;
    return { clock: Y.getState(ydoc.store, ydoc.clientID), since };
  }

  private onWrote(): void {
    this.writing = false;
    this.sent = this.now(this.sent?.since ?? Date.now());
    this.changed.emit();
  }

  private readonly onTransaction = (transaction: Y.Transaction): void => {
    if (!transaction.local || this.writing || !transaction.changed.size) return;
    if (this.typed !== null) return;
    this.typed = Date.now();
    this.askSoon();
    this.changed.emit();
  };

  /** One question at a time: its answer brings the next one. */
  private askSoon(): void {
    if (this.asked || this.timer || this.typed === null) return;
    this.timer = window.setTimeout(() => {
      const since = this.typed!;
      this.timer = 0;
      this.writing = true;
      this.record.ask();
      this.writing = false;
      this.typed = null;
      this.asked = this.now(since);
    }, ASK);
  }

  private readonly onServer = (): void => {
    const saved = this.saved();
    const clock = saved ? this.reached(saved.vector) : 0;
    if (this.sent && clock >= this.sent.clock) this.sent = null;
    if (this.asked && clock >= this.asked.clock) this.asked = null;
    this.askSoon();
    this.changed.emit();
  };

  private reached(vector: string): number {
    const bytes = Uint8Array.from(atob(vector), char => char.charCodeAt(0));
    return Y.decodeStateVector(bytes).get(this.record.ydoc.clientID) ?? 0;
  }
}
