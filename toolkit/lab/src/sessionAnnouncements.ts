// What is said once a page, whoever's view shows it: the clock's marks, and what becomes of the exercise.
import { count, say } from './config';
import { exerciseOf, type Told as Answer } from './exerciseModel';
import type { Change, SharedRecord } from './sharedRecord';
import type { Session } from './sharedSession';
import type { Told } from './liveAnnouncer';

interface Seen {
  readonly hints: number;
  readonly handedIn: string;
  readonly checkedAt: string;
  readonly state: string;
}

export class News {
  private seen: Seen | null;

  constructor(
    private readonly session: Session,
    private readonly told: Told
  ) {
    this.seen = this.look();
    session.countdown.reached.connect(this.onMark, this);
    session.record.changed.connect(this.onRecord, this);
    session.delivery.changed.connect(this.compare, this);
  }

  dispose(): void {
    const { countdown, record, delivery } = this.session;
    countdown.reached.disconnect(this.onMark, this);
    record.changed.disconnect(this.onRecord, this);
    delivery.changed.disconnect(this.compare, this);
  }

  private onMark(_countdown: unknown, minutes: number): void {
    const words = this.session.config.strings.panel;
    this.told.say(minutes ? count(words, 'left', minutes) : words['up']);
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if ([...change.fields.keys()].some(name => name.startsWith('exercise:'))) this.compare();
  }

  private look(): Seen | null {
    const { record } = this.session;
    const found = exerciseOf(record);
    if (!found) return null;
    const answer = record.server.get(`exercise:${found.id}/submission`) as Answer | undefined;
    return {
      hints: (found['hints'] as unknown[]).length,
      handedIn: String(found['handed_in'] ?? ''),
      checkedAt: String(found['checked_at'] ?? ''),
      state: String(answer?.state ?? '')
    };
  }

  private compare(): void {
    const before = this.seen;
    const now = (this.seen = this.look());
    if (!before || !now) return;
    const { record, config } = this.session;
    const words = config.strings.panel;
    if (now.hints > before.hints) this.told.say(say(words['didHint'], { n: now.hints }));
    if (now.checkedAt !== before.checkedAt) this.told.say(this.checked());
    if (now.handedIn && now.handedIn !== before.handedIn) this.told.say(words['didHandIn']);
    if (now.state !== before.state && (now.state === 'graded' || now.state === 'refused')) {
      const id = exerciseOf(record)!.id;
      const answer = record.server.get(`exercise:${id}/submission`) as Answer;
      const text = [answer.points, answer.verdict, answer.message].filter(Boolean).join(', ');
      this.told.say(say(words['didAnswer'], { text }));
    }
  }

  private checked(): string {
    const { record, config } = this.session;
    const { exercise, panel } = config.strings;
    const tests = exerciseOf(record)!['tests'] as { outcome: string }[];
    const passed = tests.filter(test => test.outcome === 'passed').length;
    const text = passed === tests.length ? exercise['all'] : say(exercise['result'], { n: passed, total: tests.length });
    const name = record.value<{ name?: string }>('@exercise/check')?.name ?? '';
    return name ? say(panel['didCheck'], { name, text }) : text;
  }
}
