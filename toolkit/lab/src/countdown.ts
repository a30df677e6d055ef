// The session's remaining time, and the marks at which it is announced.
import { Signal } from '@lumino/signaling';
import { MINUTE_MS } from '../../widgets/views/text.js';
import type { SessionConfig } from './config';
import type { SharedRecord } from './sharedRecord';

/** Minutes before the end, in ascending order. */
const MARKS_MIN = [0, 1, 5];
const TICK_MS = 250;

export class Countdown {
  readonly changed = new Signal<this, void>(this);
  /** Emitted once at each mark, with the remaining minutes. */
  readonly markReached = new Signal<this, number>(this);
  private readonly timer: number;
  private lastMark: number | null = null;

  constructor(
    private readonly config: SessionConfig,
    private readonly record: SharedRecord
  ) {
    record.changed.connect(this.update, this);
    this.timer = window.setInterval(() => this.running && this.update(), TICK_MS);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.record.changed.disconnect(this.update, this);
    Signal.clearData(this);
  }

  get running(): boolean {
    return Number.isFinite(this.startedAt);
  }

  /** The remaining time in ms; negative after the end. */
  get leftMs(): number {
    const planned = Number(this.record.value('timer/minutes') ?? this.config.minutes) * MINUTE_MS;
    // With a wrong clock the start may lie in the future; it counts as now.
    return planned - Math.max(0, Date.now() - this.startedAt);
  }

  /** The last mark that was passed; null before the first. */
  get mark(): number | null {
    const { leftMs } = this;
    return MARKS_MIN.find(mark => leftMs <= mark * MINUTE_MS) ?? null;
  }

  private get startedAt(): number {
    return Date.parse(this.record.value<string | null>('timer/started_at') ?? '');
  }

  private update(): void {
    const mark = this.running ? (this.mark ?? Infinity) : Infinity;
    // A mark that was passed before this page was opened is not announced.
    const isNew = this.lastMark !== null && mark < this.lastMark;
    this.lastMark = mark;
    if (isNew) this.markReached.emit(mark);
    this.changed.emit();
  }
}
