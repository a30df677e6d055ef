// The anywidget front-end interface on the shared record: a view's changes become fields of the shared document.
import type { SessionConfig, Words } from './config';
import { formatTime } from '../../widgets/views/text.js';
import type { SaveStatus } from './saveStatus';
import type { Change, Fields, SharedRecord } from './sharedRecord';

type Traits = Record<string, unknown>;

/** The parts of the session that a model needs. */
export interface ViewModelSource {
  readonly config: SessionConfig;
  readonly record: SharedRecord;
  readonly saveStatus: SaveStatus;
}

export abstract class SharedViewModel implements ViewModel {
  /** The document merges changes, so other people's are shown at once, also while our own are unsaved. */
  readonly merges = true;
  private readonly listeners = new Map<string, Set<() => void>>();
  private traits: Traits;
  private proposed: Traits = {};
  private refreshScheduled = false;
  /** The traits derived from the record; null after a change of the record. */
  private derived: Traits | null = null;

  constructor(
    protected readonly source: ViewModelSource,
    strings: Words
  ) {
    const { config, record, saveStatus } = source;
    this.traits = {
      role: config.role,
      language: config.language,
      touched: { token: 0, ids: [] },
      answered: 0,
      strings
    };
    // A page announces an event of the session once; its views do not.
    this.traits['announcedElsewhere'] = true;
    // Each person is known here, so the page lets only the student tick and rate.
    this.traits['studentIsKnown'] = true;
    record.changed.connect(this.onRecord, this);
    saveStatus.changed.connect(this.onSaveStatus, this);
  }

  dispose(): void {
    this.source.record.changed.disconnect(this.onRecord, this);
    this.source.saveStatus.changed.disconnect(this.onSaveStatus, this);
    this.listeners.clear();
    this.refreshScheduled = false;
  }

  /** The kinds of entries that the view shows: the part of the key before the colon. */
  protected abstract readonly entryKinds: readonly string[];

  /** Derive the traits from the record. */
  protected abstract derive(): Traits;

  /** True if `derive` also reads the server's map. */
  protected readonly usesServerState: boolean = false;

  /** Convert the view's proposed traits into changed fields, by entry; of a list only the items in `ids` count. */
  protected abstract changes(proposed: Traits, ids: ReadonlySet<string>): Map<string, Fields>;

  /** Derive the first state; a subclass calls this when the members that `derive` needs are set. */
  protected initialize(): void {
    this.refresh();
  }

  get(name: string): any {
    return name in this.proposed ? this.proposed[name] : this.traits[name];
  }

  /** Listeners are notified in `save_changes`: a change is sent first and drawn afterwards. */
  set(name: string, value: any): void {
    this.proposed[name] = value;
  }

  save_changes(): void {
    const { touched, ...proposed } = this.proposed;
    this.proposed = {};
    if (touched) this.traits['touched'] = touched;
    const ids = new Set((touched as { ids: string[] } | undefined)?.ids ?? []);
    this.source.record.write(this.changes(proposed, ids));
    this.refresh(Object.keys(proposed));
    this.notify('touched');
  }

  on(event: string, listener: () => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  private notify(name: string): void {
    [...(this.listeners.get(`change:${name}`) ?? [])].forEach(listener => listener());
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if (![...change.fields.keys()].some(name => this.entryKinds.includes(name.split(':')[0]!))) return;
    this.derived = null;
    this.refreshSoon();
  }

  private onSaveStatus(): void {
    if (this.usesServerState) this.derived = null;
    this.refreshSoon();
  }

  /** Notify once, after the transaction is finished and sent. */
  private refreshSoon(): void {
    if (this.refreshScheduled) return;
    this.refreshScheduled = true;
    queueMicrotask(() => this.refreshScheduled && this.notifyChanges());
  }

  /** Update the traits; notify the listeners of those that differ, and of `also`. */
  protected refresh(also: readonly string[] = []): void {
    this.derived = null;
    this.notifyChanges(also);
  }

  private notifyChanges(also: readonly string[] = []): void {
    this.refreshScheduled = false;
    this.derived ??= this.derive();
    const { config, saveStatus } = this.source;
    const { token } = this.traits['touched'] as { token: number };
    const now: Traits = {
      ...this.derived,
      saved: saveStatus.pending || !saveStatus.savedAt ? '' : formatTime(config.language, saveStatus.savedAt),
      error: saveStatus.error,
      answered: saveStatus.pending ? this.traits['answered'] : token
    };
    const before = this.traits;
    this.traits = { ...before, ...now };
    const differs = (name: string) =>
      now[name] !== before[name] && JSON.stringify(now[name]) !== JSON.stringify(before[name]);
    new Set([...Object.keys(now).filter(differs), ...also]).forEach(name => this.notify(name));
  }
}
