// What became of our changes: sent and not yet on the server's disk, or there.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import type { SharedRecord } from './record';

interface Saved {
  readonly at: string;
  /** The state vector of the document that was written, base64. */
  readonly vector: string;
}

export class Delivery {
  readonly changed = new Signal<this, void>(this);
  /** The last state of ours that carries a change of the record. */
  private sent: { client: number; clock: number } | null = null;
  private writing = false;

  constructor(private readonly record: SharedRecord) {
    record.writes.connect(() => void (this.writing = true), this);
    record.wrote.connect(this.onWrote, this);
    record.server.observe(this.onServer);
  }

  dispose(): void {
    this.record.server.unobserve(this.onServer);
    Signal.clearData(this);
  }

  /** Whether something of ours is not on the server's disk, as far as we know. */
  get pending(): boolean {
    return this.writing || this.sent !== null;
  }

  /** When the record was last written (ISO 8601); empty while something is pending. */
  get savedAt(): string {
    return this.pending ? '' : (this.saved()?.at ?? '');
  }

  /** What keeps the server from saving; empty when nothing does. */
  get error(): string {
    return String(this.record.server.get('error') ?? '');
  }

  private saved(): Saved | undefined {
    return this.record.server.get('saved') as Saved | undefined;
  }

  private onWrote(): void {
    const { ydoc } = this.record;
    this.writing = false;
    this.sent = { client: ydoc.clientID, clock: Y.getState(ydoc.store, ydoc.clientID) };
    this.changed.emit();
  }

  private readonly onServer = (): void => {
    const saved = this.saved();
    if (this.sent && saved && this.covers(saved.vector)) this.sent = null;
    this.changed.emit();
  };

  private covers(vector: string): boolean {
    const bytes = Uint8Array.from(atob(vector), char => char.charCodeAt(0));
    return (Y.decodeStateVector(bytes).get(this.sent!.client) ?? 0) >= this.sent!.clock;
  }
}
