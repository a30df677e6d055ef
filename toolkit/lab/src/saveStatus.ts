// What became of our changes: sent and not yet on the server's disk, or there.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import type { SharedRecord } from './sharedRecord';

interface SaveReceipt {
  readonly at: string;
  /** The state vector of the document that was written, base64. */
  readonly vector: string;
}

/** Something of ours that is on its way. */
interface PendingChange {
  readonly clock: number;
  readonly since: number;
}

/** How long (ms) text is typed before we ask whether it is saved. */
const RECEIPT_DELAY_MS = 300;

export class SaveStatus {
  readonly changed = new Signal<this, void>(this);
  /** The last state of ours that carries a change of the record. */
  private pendingRecord: PendingChange | null = null;
  /** The last one in which we asked about the rest of the notebook: text, outputs. */
  private pendingText: PendingChange | null = null;
  /** Since when (ms) something of that was changed and not asked about. */
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

  /** Whether a change of ours to the record is not on the server's disk, as far as we know. */
  get pending(): boolean {
    return this.writingRecord || this.pendingRecord !== null;
  }

  /** Since when (ms) something of ours, be it a word in a cell, is not known to be on the disk; null: all is. */
  get unsavedSince(): number | null {
    const waiting = [this.pendingRecord?.since, this.pendingText?.since, this.textChangedAt].filter(
      one => one !== undefined && one !== null
    );
    return waiting.length ? Math.min(...(waiting as number[])) : null;
  }

  /** When the server last wrote (ISO 8601); empty where it has not. */
  get savedAt(): string {
    return this.receipt()?.at ?? '';
  }

  /** What keeps the server from saving; empty when nothing does. */
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

  /** One question at a time: its answer brings the next one. */
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
