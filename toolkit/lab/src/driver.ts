// The wheel: one person drives, and only the driver's cells run, so that no output is there twice.
import { Signal } from '@lumino/signaling';
import { same, type Person } from './config';
import type { People } from './presence';
import type { Change, SharedRecord } from './sharedRecord';

const plain = ({ role, name }: Person): Person => ({ role, name });

export class Wheel {
  readonly changed = new Signal<this, void>(this);
  /** Emitted when a run was refused, with who drives. */
  readonly refused = new Signal<this, Person>(this);

  constructor(
    private readonly record: SharedRecord,
    private readonly people: People
  ) {
    record.changed.connect(this.onRecord, this);
    people.changed.connect(this.onPeople, this);
  }

  dispose(): void {
    this.record.changed.disconnect(this.onRecord, this);
    this.people.changed.disconnect(this.onPeople, this);
    Signal.clearData(this);
  }

  get driver(): Person | null {
    return this.record.value<Person | null>('@wheel/driver') ?? null;
  }

  /** Who asks for the wheel. */
  get asked(): Person | null {
    const asked = this.record.value<Person | null>('@wheel/asked') ?? null;
    return same(asked, this.driver) ? null : asked;
  }

  get mine(): boolean {
    return same(this.driver, this.people.me);
  }

  /** Whether nobody would be surprised: there is no driver, or the driver is not here. */
  get free(): boolean {
    return !this.driver || !this.people.isHere(this.driver);
  }

  take(): void {
    this.pass(this.people.me);
  }

  pass(to: Person): void {
    this.record.note({ '@wheel/driver': plain(to), '@wheel/asked': null });
  }

  ask(): void {
    this.record.note({ '@wheel/asked': { ...this.people.me, at: new Date().toISOString() } });
  }

  /** Tell whether a code cell may run from here. Where nobody drives, who runs one does from then on. */
  mayRun(): boolean {
    if (this.mine) return true;
    if (this.free) {
      this.take();
      return true;
    }
    this.refused.emit(this.driver!);
    return false;
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if (change.fields.has('@wheel')) this.changed.emit();
  }

  private onPeople(): void {
    this.changed.emit();
  }
}
