// The exercise of the day: the record says how it stands, the server what came of a hand-in, wishes are keys of the map.
import { say, type Person } from './config';
import { SharedModel, type Source } from './viewModel';
import type { Change, Fields, SharedRecord } from './sharedRecord';

/** What a page wishes for. */
export interface Wish extends Person {
  readonly exercise: string;
  readonly at: string;
}

/** How far the check is that was wished for at that moment. */
export interface Progress {
  readonly at: string;
  readonly state: 'waiting' | 'running' | 'done' | 'problem';
  readonly message: string;
}

/** What the server says of a hand-in or of a hint. */
export interface Told {
  readonly state: string;
  /** The moment of the last wish that it dealt with. */
  readonly asked: string;
  readonly message?: string;
  readonly points?: string;
  readonly verdict?: string;
}

export const CHECK = '@exercise/check';
export const CHECKING = '@exercise/checking';
const SUBMIT = '@exercise/submit';
const HINT = '@exercise/hint';

/** After so many ms without an answer one may wish again. */
const PATIENCE = 15_000;
/** A check that is in the kernel's queue waits for the cells before it. */
const QUEUE = 600_000;

/** As in toolkit/domain/record.py. */
export const DEFAULTS = {
  skills: [],
  minutes: 10,
  tests: [],
  hints: [],
  hint_count: 0,
  checked_at: null,
  handed_in: '',
  handed_in_at: null
};

/** The exercise of the day; null where the session has none. */
export function exerciseOf(record: SharedRecord): (Fields & { id: string }) | null {
  const ids = [...record.entries('exercise', 'title')].sort(([one], [other]) => (one < other ? -1 : 1));
  return ids.length ? { ...DEFAULTS, ...ids[0]![1], id: ids[0]![0] } : null;
}

/** A wish of this view, as a view counts them. */
class Sent {
  n = 0;
  at = '';
  private since = 0;

  wish(n: number, at: string): void {
    this.n = n;
    this.at = at;
    this.since = Date.now();
  }

  open(told: Told | undefined): boolean {
    return this.at !== '' && !(told && told.asked >= this.at);
  }

  get late(): boolean {
    return Date.now() - this.since >= PATIENCE;
  }
}

export class ExerciseModel extends SharedModel {
  protected override readonly kinds = ['exercise', '@exercise'];
  protected override readonly asksServer = true;
  private readonly submit = new Sent();
  private readonly hint = new Sent();
  private checks = 0;
  /** The check that was wished for before this view was there: whether it still goes on is not known. */
  private readonly before: string;
  private wished = { at: '', since: 0 };
  private readonly timers: number[] = [];

  constructor(source: Source) {
    super(source, source.config.strings.exercise);
    this.before = source.record.value<Wish>(CHECK)?.at ?? '';
    source.record.changed.connect(this.onWish, this);
    this.begin();
  }

  override dispose(): void {
    this.timers.forEach(timer => window.clearTimeout(timer));
    this.source.record.changed.disconnect(this.onWish, this);
    super.dispose();
  }

  protected override derive(): Record<string, unknown> {
    const { config, record } = this.source;
    const entry = exerciseOf(record) ?? { ...DEFAULTS, id: '', title: config.strings.exercise['title'] };
    return {
      entry,
      ...this.check(),
      checked: -1,
      check_requested: this.checks,
      submit_requested: this.submit.n,
      hint_requested: this.hint.n,
      // In the student's name nobody else does.
      submits: config.role === 'student',
      submission: this.answer(entry.id, 'submission', this.submit),
      hint: this.answer(entry.id, 'hint', this.hint)
    };
  }

  protected override changes(proposed: Record<string, unknown>): Map<string, Fields> {
    const { config, record } = this.source;
    const exercise = exerciseOf(record)?.id ?? '';
    const at = new Date().toISOString();
    const wishes: Fields = {};
    const wish: Wish = { exercise, role: config.role, name: config.name, at };
    if ('check_requested' in proposed) {
      this.checks = proposed['check_requested'] as number;
      wishes[CHECK] = wish;
    }
    if ('submit_requested' in proposed) {
      this.submit.wish(proposed['submit_requested'] as number, at);
      wishes[SUBMIT] = wish;
    }
    if ('hint_requested' in proposed) {
      this.hint.wish(proposed['hint_requested'] as number, at);
      wishes[HINT] = wish;
    }
    if (exercise && Object.keys(wishes).length) {
      record.note(wishes);
      this.later(PATIENCE);
    }
    return new Map();
  }

  private later(ms: number): void {
    this.timers.push(window.setTimeout(() => this.show(), ms + 50));
  }

  private onWish(record: SharedRecord, change: Change): void {
    const at = record.value<Wish>(CHECK)?.at ?? '';
    if (!change.fields.get('@exercise')?.has('check') || at === this.wished.at) return;
    this.wished = { at, since: Date.now() };
    this.later(PATIENCE);
    this.show();
  }

  private check(): { checking: string; unchecked: string } {
    const { config, record } = this.source;
    const terms = config.strings.exercise;
    const at = record.value<Wish>(CHECK)?.at ?? '';
    const said = record.value<Progress>(CHECKING);
    const now = said?.at === at ? said : null;
    if (!at || at === this.before || now?.state === 'done') return { checking: '', unchecked: '' };
    if (now?.state === 'problem')
      return { checking: '', unchecked: say(terms['notChecked'], { reason: String(now.message).slice(0, 500) }) };
    const since = at === this.wished.at ? this.wished.since : Date.now();
    if (Date.now() - since >= (now ? QUEUE : PATIENCE)) return { checking: '', unchecked: terms['unanswered'] };
    return { checking: now?.state === 'running' ? 'running' : 'waiting', unchecked: '' };
  }

  private answer(id: string, name: string, sent: Sent): Fields {
    const { config, record } = this.source;
    const told = record.server.get(`exercise:${id}/${name}`) as (Told & Fields) | undefined;
    if (!told) return {};
    if (!sent.open(told)) return { ...told, request: sent.n };
    if (!sent.late) return { ...told, request: sent.n - 1 };
    return { ...told, state: 'problem', message: config.strings.exercise['unanswered'], request: sent.n };
  }
}
