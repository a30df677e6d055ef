// How much of the session's time is left, and the moments that are worth a word.
import { Signal } from '@lumino/signaling';
import type { SessionConfig } from './config';
import type { SharedRecord } from './sharedRecord';

/** Minutes before the end, the last first. */
const MARKS_MIN = [0, 1, 5];
const MINUTE_MS = 60_000;

export class Countdown {
  readonly changed = new Signal<this, void>(this);
  /** Emitted once at each mark, with the minutes that are left. */
  readonly markReached = new Signal<this, number>(this);
  private readonly timer: number;
  private lastMark: number | null = null;

  constructor(
    private readonly config: SessionConfig,
    private readonly record: SharedRecord
  ) {
    record.changed.connect(this.update, this);
    this.timer = window.setInterval(() => this.running && this.update(), 250);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.record.changed.disconnect(this.update, this);
    Signal.clearData(this);
  }

  get running(): boolean {
    return Number.isFinite(this.startedAt);
  }

  /** How much is left, ms; negative when it is over. */
  get leftMs(): number {
    const planned = Number(this.record.value('timer/minutes') ?? this.config.minutes) * MINUTE_MS;
    // A clock that goes wrong must not make the session begin later than now.
    return planned - Math.max(0, Date.now() - this.startedAt);
  }

  /** The mark that was passed last; null while none was. */
  get mark(): number | null {
    const { leftMs } = this;
    return MARKS_MIN.find(mark => leftMs <= mark * MINUTE_MS) ?? null;
  }

  private get startedAt(): number {
    return Date.parse(this.record.value<string | null>('timer/started_at') ?? '');
  }

  private update(): void {
    const mark = this.running ? (this.mark ?? Infinity) : Infinity;
    // What was passed before this page was opened is no news.
    const isNew = this.lastMark !== null && mark < this.lastMark;
    this.lastMark = mark;
    if (isNew) this.markReached.emit(mark);
    this.changed.emit();
  }
}
