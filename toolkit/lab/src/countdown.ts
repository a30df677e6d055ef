// How much of the session's time is left, and the moments that are worth a word.
import { Signal } from '@lumino/signaling';
import type { SessionConfig } from './config';
import type { SharedRecord } from './sharedRecord';

/** Minutes before the end, the last first. */
const MARKS = [0, 1, 5];
const MINUTE = 60_000;

export class Countdown {
  readonly changed = new Signal<this, void>(this);
  /** Emitted once at each mark, with the minutes that are left. */
  readonly reached = new Signal<this, number>(this);
  private readonly timer: number;
  private said: number | null = null;

  constructor(
    private readonly config: SessionConfig,
    private readonly record: SharedRecord
  ) {
    record.changed.connect(this.look, this);
    this.timer = window.setInterval(() => this.running && this.look(), 250);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.record.changed.disconnect(this.look, this);
    Signal.clearData(this);
  }

  get running(): boolean {
    return Number.isFinite(this.since);
  }

  /** How much is left, ms; negative when it is over. */
  get left(): number {
    const planned = Number(this.record.value('timer/minutes') ?? this.config.minutes) * MINUTE;
    // A clock that goes wrong must not make the session begin later than now.
    return planned - Math.max(0, Date.now() - this.since);
  }

  /** The mark that was passed last; null while none was. */
  get mark(): number | null {
    const { left } = this;
    return MARKS.find(mark => left <= mark * MINUTE) ?? null;
  }

  private get since(): number {
    return Date.parse(this.record.value<string | null>('timer/started_at') ?? '');
  }

  private look(): void {
    const now = this.running ? (this.mark ?? Infinity) : Infinity;
    // What was passed before this page was opened is no news.
    const news = this.said !== null && now < this.said;
    this.said = now;
    if (news) this.reached.emit(now);
    this.changed.emit();
  }
}
