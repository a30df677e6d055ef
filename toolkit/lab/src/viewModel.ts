// The anywidget front-end interface on top of the shared record: what a view sets becomes fields of the document.
import type { SessionConfig, Words } from './config';
import { formatTime } from '../../widgets/views/text.js';
import type { SaveStatus } from './saveStatus';
import type { Change, Fields, SharedRecord } from './sharedRecord';

type Traits = Record<string, unknown>;

/** What the models stand on. */
export interface ViewModelSource {
  readonly config: SessionConfig;
  readonly record: SharedRecord;
  readonly saveStatus: SaveStatus;
}

export abstract class SharedViewModel implements ViewModel {
  /** The document merges: what others do is shown at once, whatever of ours is still on its way. */
  readonly merges = true;
  private readonly listeners = new Map<string, Set<() => void>>();
  private traits: Traits;
  private proposed: Traits = {};
  private refreshScheduled = false;
  /** What follows from the record; null once it has changed. */
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
    // What is said of the session is said once a page, not by each of its views.
    this.traits['announcedElsewhere'] = true;
    record.changed.connect(this.onRecord, this);
    saveStatus.changed.connect(this.onSaveStatus, this);
  }

  dispose(): void {
    this.source.record.changed.disconnect(this.onRecord, this);
    this.source.saveStatus.changed.disconnect(this.onSaveStatus, this);
    this.listeners.clear();
    this.refreshScheduled = false;
  }

  /** The names before the colon of the entries that the view shows. */
  protected abstract readonly entryKinds: readonly string[];

  /** The traits that follow from the record. */
  protected abstract derive(): Traits;

  /** Whether they follow from what the server says, too. */
  protected readonly usesServerState: boolean = false;

  /** The fields that the view's proposal amounts to, by entry; of a list only the items `ids` are believed. */
  protected abstract changes(proposed: Traits, ids: ReadonlySet<string>): Map<string, Fields>;

  /** Take in the state, once what `derive` needs is there. */
  protected initialize(): void {
    this.refresh();
  }

  get(name: string): any {
    return name in this.proposed ? this.proposed[name] : this.traits[name];
  }

  /** Nobody is told before `save_changes`: what we did is sent first, and drawn while it is on its way. */
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

  /** Show once, when the transaction is over and what it changed is sent. */
  private refreshSoon(): void {
    if (this.refreshScheduled) return;
    this.refreshScheduled = true;
    queueMicrotask(() => this.refreshScheduled && this.notifyChanges());
  }

  /** Bring the traits up to date, and tell of those that differ, and of `also`. */
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
