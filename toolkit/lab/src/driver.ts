// The driver of the session: only the driver's cells run, so that no output appears twice.
import { Signal } from '@lumino/signaling';
import { samePerson, type Person } from './config';
import type { Presence } from './presence';
import type { Change, SharedRecord } from './sharedRecord';

const toPerson = ({ role, name }: Person): Person => ({ role, name });

export class DriverState {
  readonly changed = new Signal<this, void>(this);
  /** Emitted with the driver when a run was refused. */
  readonly refused = new Signal<this, Person>(this);

  constructor(
    private readonly record: SharedRecord,
    private readonly presence: Presence
  ) {
    record.changed.connect(this.onRecord, this);
    presence.changed.connect(this.onPeople, this);
  }

  dispose(): void {
    this.record.changed.disconnect(this.onRecord, this);
    this.presence.changed.disconnect(this.onPeople, this);
    Signal.clearData(this);
  }

  get current(): Person | null {
    return this.record.value<Person | null>('@wheel/driver') ?? null;
  }

  /** The person who asks to drive. */
  get requestedBy(): Person | null {
    const requester = this.record.value<Person | null>('@wheel/asked') ?? null;
    return samePerson(requester, this.current) ? null : requester;
  }

  get isMe(): boolean {
    return samePerson(this.current, this.presence.me);
  }

  /** True if there is no driver, or the driver is not connected. */
  get isFree(): boolean {
    return !this.current || !this.presence.isHere(this.current);
  }

  take(): void {
    this.pass(this.presence.me);
  }

  pass(to: Person): void {
    this.record.setControl({ '@wheel/driver': toPerson(to), '@wheel/asked': null });
  }

  request(): void {
    this.record.setControl({ '@wheel/asked': { ...this.presence.me, at: new Date().toISOString() } });
  }

  /** Return true if this page may run a code cell. If nobody drives, this page's user becomes the driver. */
  mayRun(): boolean {
    if (this.isMe) return true;
    if (this.isFree) {
      this.take();
      return true;
    }
    this.refused.emit(this.current!);
    return false;
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if (change.fields.has('@wheel')) this.changed.emit();
  }

  private onPeople(): void {
    this.changed.emit();
  }
}
