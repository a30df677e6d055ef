// The model of the exercise of the day. Its state is in the record, the server's replies to submissions and hint
// requests are in the server's map, and requests are control keys of the record's map.
import { ENTRY_DEFAULTS } from '../../widgets/views/entryDefaults.js';
import { formatText } from '../../widgets/views/text.js';
import type { Person } from './config';
import { SharedViewModel, type ViewModelSource } from './viewModel';
import type { Change, Fields, SharedRecord } from './sharedRecord';

/** A page's request to check, to submit, or for a hint. */
export interface ExerciseRequest extends Person {
  readonly exercise: string;
  readonly at: string;
}

/** The progress of the check that was requested at `at`. */
export interface CheckProgress {
  readonly at: string;
  readonly state: 'waiting' | 'running' | 'done' | 'problem';
  readonly message: string;
}

/** The server's reply to a submission or to a request for a hint. */
export interface ServerReply {
  readonly state: string;
  /** The time of the last request that the server dealt with. */
  readonly asked: string;
  readonly message?: string;
  readonly points?: string;
  readonly verdict?: string;
}

export const CHECK_KEY = '@exercise/check';
export const CHECK_PROGRESS_KEY = '@exercise/checking';
const SUBMIT_KEY = '@exercise/submit';
const HINT_KEY = '@exercise/hint';

/** After this time without a reply a new request is allowed. */
const REPLY_TIMEOUT_MS = 15_000;
/** The same for a check in the kernel's queue: it waits for the cells before it. */
const QUEUE_TIMEOUT_MS = 600_000;

/** The exercise of the day; null if the session has none. */
export function currentExercise(record: SharedRecord): (Fields & { id: string }) | null {
  const ids = [...record.entries('exercise')].sort(([one], [other]) => (one < other ? -1 : 1));
  return ids.length ? { ...ENTRY_DEFAULTS.exercise, ...ids[0]![1], id: ids[0]![0] } : null;
}

/** A request of this view that may be unanswered; `n` is the view's own number of it. */
class PendingRequest {
  n = 0;
  at = '';
  private since = 0;

  start(n: number, at: string): void {
    this.n = n;
    this.at = at;
    this.since = Date.now();
  }

  isPending(reply: ServerReply | undefined): boolean {
    return this.at !== '' && !(reply && reply.asked >= this.at);
  }

  get isLate(): boolean {
    return Date.now() - this.since >= REPLY_TIMEOUT_MS;
  }
}

export class ExerciseModel extends SharedViewModel {
  protected override readonly entryKinds = ['exercise', '@exercise'];
  protected override readonly usesServerState = true;
  private readonly submit = new PendingRequest();
  private readonly hint = new PendingRequest();
  private checks = 0;
  /** The last check before this view was drawn: it is unknown if it is still running. */
  private readonly earlierCheck: string;
  private requestedCheck = { at: '', since: 0 };
  private readonly timers: number[] = [];

  constructor(source: ViewModelSource) {
    super(source, source.config.strings.exercise);
    this.earlierCheck = source.record.value<ExerciseRequest>(CHECK_KEY)?.at ?? '';
    source.record.changed.connect(this.onCheckRequested, this);
    this.initialize();
  }

  override dispose(): void {
    this.timers.forEach(timer => window.clearTimeout(timer));
    this.source.record.changed.disconnect(this.onCheckRequested, this);
    super.dispose();
  }

  protected override derive(): Record<string, unknown> {
    const { config, record } = this.source;
    const entry = currentExercise(record) ?? {
      ...ENTRY_DEFAULTS.exercise,
      id: '',
      title: config.strings.exercise['title']
    };
    return {
      entry,
      ...this.checkTraits(),
      checked: -1,
      check_requested: this.checks,
      submit_requested: this.submit.n,
      hint_requested: this.hint.n,
      // Only the student submits.
      submits: config.role === 'student',
      submission: this.replyTraits(entry.id, 'submission', this.submit),
      hint: this.replyTraits(entry.id, 'hint', this.hint)
    };
  }

  protected override changes(proposed: Record<string, unknown>): Map<string, Fields> {
    const { config, record } = this.source;
    const exercise = currentExercise(record)?.id ?? '';
    const at = new Date().toISOString();
    const requests: Fields = {};
    const request: ExerciseRequest = { exercise, role: config.role, name: config.name, at };
    if ('check_requested' in proposed) {
      this.checks = proposed['check_requested'] as number;
      requests[CHECK_KEY] = request;
    }
    if ('submit_requested' in proposed) {
      this.submit.start(proposed['submit_requested'] as number, at);
      requests[SUBMIT_KEY] = request;
    }
    if ('hint_requested' in proposed) {
      this.hint.start(proposed['hint_requested'] as number, at);
      requests[HINT_KEY] = request;
    }
    if (exercise && Object.keys(requests).length) {
      record.setControl(requests);
      this.refreshAfter(REPLY_TIMEOUT_MS);
    }
    return new Map();
  }

  private refreshAfter(ms: number): void {
    this.timers.push(window.setTimeout(() => this.refresh(), ms + 50));
  }

  private onCheckRequested(record: SharedRecord, change: Change): void {
    const at = record.value<ExerciseRequest>(CHECK_KEY)?.at ?? '';
    if (!change.fields.get('@exercise')?.has('check') || at === this.requestedCheck.at) return;
    this.requestedCheck = { at, since: Date.now() };
    this.refreshAfter(REPLY_TIMEOUT_MS);
    this.refresh();
  }

  private checkTraits(): { checking: string; unchecked: string } {
    const { config, record } = this.source;
    const terms = config.strings.exercise;
    const at = record.value<ExerciseRequest>(CHECK_KEY)?.at ?? '';
    const progress = record.value<CheckProgress>(CHECK_PROGRESS_KEY);
    const currentProgress = progress?.at === at ? progress : null;
    if (!at || at === this.earlierCheck || currentProgress?.state === 'done') return { checking: '', unchecked: '' };
    if (currentProgress?.state === 'problem')
      return {
        checking: '',
        unchecked: formatText(terms['notChecked'], { reason: String(currentProgress.message).slice(0, 500) })
      };
    const since = at === this.requestedCheck.at ? this.requestedCheck.since : Date.now();
    if (Date.now() - since >= (currentProgress ? QUEUE_TIMEOUT_MS : REPLY_TIMEOUT_MS))
      return { checking: '', unchecked: terms['unanswered'] };
    return { checking: currentProgress?.state === 'running' ? 'running' : 'waiting', unchecked: '' };
  }

  private replyTraits(id: string, name: string, pending: PendingRequest): Fields {
    const { config, record } = this.source;
    const reply = record.server.get(`exercise:${id}/${name}`) as (ServerReply & Fields) | undefined;
    if (!reply) return {};
    if (!pending.isPending(reply)) return { ...reply, request: pending.n };
    if (!pending.isLate) return { ...reply, request: pending.n - 1 };
    return { ...reply, state: 'problem', message: config.strings.exercise['unanswered'], request: pending.n };
  }
}
