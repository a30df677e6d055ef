// The state of this page's changes: sent but not on the server's disk, or saved.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import type { SharedRecord } from './sharedRecord';

interface SaveReceipt {
  readonly at: string;
  /** The state vector of the saved document, base64. */
  readonly vector: string;
}

/** A change of this page that is not saved: its Yjs clock, and its time (ms). */
interface PendingChange {
  readonly clock: number;
  readonly since: number;
}

/** The time from a change of text to the request for a receipt. */
const RECEIPT_DELAY_MS = 300;

export class SaveStatus {
  readonly changed = new Signal<this, void>(this);
  /** The last unsaved change of the record. */
  private pendingRecord: PendingChange | null = null;
  /** The last request for a receipt for the rest of the notebook: text and outputs. */
  private pendingText: PendingChange | null = null;
  /** The time (ms) of the first such change without a request. */
  private textChangedAt: number | null = null;
  private writingRecord = false;
  private timer = 0;

  constructor(private readonly record: SharedRecord) {
    record.willWrite.connect(() => void (this.writingRecord = true), this);
    record.didWrite.connect(this.onDidWrite, this);
    record.server.observe(this.onServer);
    record.ydoc.on('afterTransaction', this.onTransaction);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.record.ydoc.off('afterTransaction', this.onTransaction);
    this.record.server.unobserve(this.onServer);
    Signal.clearData(this);
  }

  /** True if a change of the record is not known to be on the server's disk. */
  get pending(): boolean {
    return this.writingRecord || this.pendingRecord !== null;
  }

  /** The time (ms) of the oldest change, of the record or of a cell, that is not known to be saved; null if all are. */
  get unsavedSince(): number | null {
    const waiting = [this.pendingRecord?.since, this.pendingText?.since, this.textChangedAt].filter(
      one => one !== undefined && one !== null
    );
    return waiting.length ? Math.min(...(waiting as number[])) : null;
  }

  /** The time of the last save (ISO 8601); empty if there was none. */
  get savedAt(): string {
    return this.receipt()?.at ?? '';
  }

  /** The reason why the server cannot save; empty if it can. */
  get error(): string {
    return String(this.record.server.get('error') ?? '');
  }

  private receipt(): SaveReceipt | undefined {
    return this.record.server.get('saved') as SaveReceipt | undefined;
  }

  private currentChange(since: number): PendingChange {
    const { ydoc } = this.record;
    return { clock: Y.getState(ydoc.store, ydoc.clientID), since };
  }

  private onDidWrite(): void {
    this.writingRecord = false;
    this.pendingRecord = this.currentChange(this.pendingRecord?.since ?? Date.now());
    this.changed.emit();
  }

  private readonly onTransaction = (transaction: Y.Transaction): void => {
    if (!transaction.local || this.writingRecord || !transaction.changed.size) return;
    if (this.textChangedAt !== null) return;
    this.textChangedAt = Date.now();
    this.requestReceiptSoon();
    this.changed.emit();
  };

  /** Request one receipt at a time; the receipt triggers the next request. */
  private requestReceiptSoon(): void {
    if (this.pendingText || this.timer || this.textChangedAt === null) return;
    this.timer = window.setTimeout(() => {
      const since = this.textChangedAt!;
      this.timer = 0;
      this.writingRecord = true;
      this.record.requestReceipt();
      this.writingRecord = false;
      this.textChangedAt = null;
      this.pendingText = this.currentChange(since);
    }, RECEIPT_DELAY_MS);
  }

  private readonly onServer = (): void => {
    const saved = this.receipt();
    const clock = saved ? this.savedClock(saved.vector) : 0;
    if (this.pendingRecord && clock >= this.pendingRecord.clock) this.pendingRecord = null;
    if (this.pendingText && clock >= this.pendingText.clock) this.pendingText = null;
    this.requestReceiptSoon();
    this.changed.emit();
  };

  private savedClock(vector: string): number {
    const bytes = Uint8Array.from(atob(vector), char => char.charCodeAt(0));
    return Y.decodeStateVector(bytes).get(this.record.ydoc.clientID) ?? 0;
  }
}
