// One model for each view: converts between the traits of toolkit/widgets and the fields of the record's entries.
import { ENTRY_DEFAULTS } from '../../widgets/views/entryDefaults.js';
import type { Fields } from './sharedRecord';
import { SharedViewModel, type ViewModelSource } from './viewModel';

type Item = Fields & { id: string };

type Kind = 'agenda' | 'check' | 'action';

/** The timer's fields to be written; a new timer gets the session's length. */
function timerFields({ config, record }: ViewModelSource, fields: Fields): [string, Fields] {
  return ['timer', record.value('timer/minutes') === undefined ? { minutes: config.minutes, ...fields } : fields];
}

const byOrder = (one: Item, other: Item): number =>
  Number(one['order']) - Number(other['order']) || (one.id < other.id ? -1 : 1);

abstract class ListViewModel extends SharedViewModel {
  protected abstract readonly kind: Kind;

  protected items(): Item[] {
    const entries = this.source.record.entries(this.kind);
    const items = [...entries].map(([id, fields]) => ({ ...ENTRY_DEFAULTS[this.kind], ...fields, id }) as Item);
    return items.sort(byOrder);
  }

  protected override derive(): Record<string, unknown> {
    return { items: this.items() };
  }

  protected override changes(proposed: Record<string, unknown>, ids: ReadonlySet<string>): Map<string, Fields> {
    const before = new Map(this.items().map(item => [item.id, item]));
    const rows = ((proposed['items'] ?? []) as Item[]).filter(row => ids.has(row.id));
    return new Map(rows.map(row => [`${this.kind}:${row.id}`, this.changedFields(row, before.get(row.id))]));
  }

  /** All fields of a new item, the changed fields of another one. */
  private changedFields(row: Item, old: Item | undefined): Fields {
    if (!old) return { ...ENTRY_DEFAULTS[this.kind], ...row };
    return Object.fromEntries(Object.entries(row).filter(([field, value]) => value !== old[field]));
  }
}

export class AgendaModel extends ListViewModel {
  protected override readonly kind = 'agenda';
  protected override readonly entryKinds = ['agenda', 'timer'];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.agenda);
    this.initialize();
  }

  protected override derive(): Record<string, unknown> {
    const items = this.items();
    const timer = this.source.record.entry('timer');
    const runs = items.some(item => item.id === timer['item'] && item['state'] === 'open');
    return {
      items,
      running: runs ? timer['item'] : '',
      running_since: runs ? (timer['item_started_at'] ?? '') : '',
      usual_requested: 0
    };
  }

  protected override changes(proposed: Record<string, unknown>, ids: ReadonlySet<string>): Map<string, Fields> {
    const changes = super.changes(proposed, ids);
    if (proposed['usual_requested'] && !this.items().length)
      for (const [name, fields] of this.usualAgenda()) changes.set(name, fields);
    if (!('running' in proposed)) return changes;
    const fields = { item: proposed['running'] || null, item_started_at: proposed['running_since'] || null };
    return changes.set(...timerFields(this.source, fields));
  }

  /** The usual agenda. Its ids are fixed, so that two people who ask for it at once get it once. */
  private usualAgenda(): [string, Fields][] {
    const { usual, role } = this.source.config;
    return usual.map(({ text, minutes }, order) => {
      const id = `usual-${order}`;
      return [`agenda:${id}`, { ...ENTRY_DEFAULTS.agenda, id, text, minutes, order, added_by: role, usual: true }];
    });
  }
}

export class ChecklistModel extends ListViewModel {
  protected override readonly kind = 'check';
  protected override readonly entryKinds = ['check'];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.checklist);
    this.initialize();
  }
}

export class ActionsModel extends ListViewModel {
  protected override readonly kind = 'action';
  protected override readonly entryKinds = ['action'];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.actions);
    this.initialize();
  }
}

export class TimerModel extends SharedViewModel {
  protected override readonly entryKinds = ['timer'];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.timer);
    this.initialize();
  }

  protected override derive(): Record<string, unknown> {
    const timer = this.source.record.entry('timer');
    return { started_at: timer['started_at'] ?? '', minutes: timer['minutes'] ?? this.source.config.minutes };
  }

  protected override changes(proposed: Record<string, unknown>): Map<string, Fields> {
    const fields: Fields = {};
    if ('started_at' in proposed) fields['started_at'] = proposed['started_at'] || null;
    if ('minutes' in proposed) fields['minutes'] = proposed['minutes'];
    return new Map(Object.keys(fields).length ? [timerFields(this.source, fields)] : []);
  }
}

export class PrepModel extends SharedViewModel {
  protected override readonly entryKinds = ['wish', 'consent'];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.prep);
    this.initialize();
  }

  protected override derive(): Record<string, unknown> {
    const { record } = this.source;
    return {
      wish: { ...ENTRY_DEFAULTS.wish, ...record.entry('wish') },
      replay: record.value('consent/replay') === true
    };
  }

  protected override changes(proposed: Record<string, unknown>, ids: ReadonlySet<string>): Map<string, Fields> {
    const changes = new Map<string, Fields>();
    const wish = Object.entries((proposed['wish'] ?? {}) as Fields).filter(([field]) => ids.has(field));
    if (wish.length) changes.set('wish', Object.fromEntries(wish));
    if ('replay' in proposed) changes.set('consent', { replay: proposed['replay'] === true });
    return changes;
  }
}
