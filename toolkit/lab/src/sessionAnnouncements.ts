// Announcements that a page makes once, however many views show it: the timer's marks, and the exercise's results.
import { formatCount, formatText } from '../../widgets/views/text.js';
import { currentExercise, type ServerReply as Answer } from './exerciseModel';
import type { Change, SharedRecord } from './sharedRecord';
import type { SharedSession } from './sharedSession';
import type { LiveAnnouncer } from './liveAnnouncer';

interface ExerciseState {
  readonly hints: number;
  readonly handedIn: string;
  readonly checkedAt: string;
  readonly state: string;
}

export class SessionAnnouncements {
  private previous: ExerciseState | null;

  constructor(
    private readonly session: SharedSession,
    private readonly announcer: LiveAnnouncer
  ) {
    this.previous = this.readState();
    session.countdown.markReached.connect(this.onMark, this);
    session.record.changed.connect(this.onRecord, this);
    session.saveStatus.changed.connect(this.announceChanges, this);
  }

  dispose(): void {
    const { countdown, record, saveStatus } = this.session;
    countdown.markReached.disconnect(this.onMark, this);
    record.changed.disconnect(this.onRecord, this);
    saveStatus.changed.disconnect(this.announceChanges, this);
  }

  private onMark(_countdown: unknown, minutes: number): void {
    const words = this.session.config.strings.panel;
    this.announcer.announce(minutes ? formatCount(words, 'left', minutes) : words['up']);
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if ([...change.fields.keys()].some(name => name.startsWith('exercise:'))) this.announceChanges();
  }

  private readState(): ExerciseState | null {
    const { record } = this.session;
    const found = currentExercise(record);
    if (!found) return null;
    const answer = record.server.get(`exercise:${found.id}/submission`) as Answer | undefined;
    return {
      hints: (found['hints'] as unknown[]).length,
      handedIn: String(found['handed_in'] ?? ''),
      checkedAt: String(found['checked_at'] ?? ''),
      state: String(answer?.state ?? '')
    };
  }

  private announceChanges(): void {
    const before = this.previous;
    const now = (this.previous = this.readState());
    if (!before || !now) return;
    const { record, config } = this.session;
    const words = config.strings.panel;
    if (now.hints > before.hints) this.announcer.announce(formatText(words['didHint'], { n: now.hints }));
    if (now.checkedAt !== before.checkedAt) this.announcer.announce(this.checkMessage());
    if (now.handedIn && now.handedIn !== before.handedIn) this.announcer.announce(words['didHandIn']);
    if (now.state !== before.state && (now.state === 'graded' || now.state === 'refused')) {
      const id = currentExercise(record)!.id;
      const answer = record.server.get(`exercise:${id}/submission`) as Answer;
      const text = [answer.points, answer.verdict, answer.message].filter(Boolean).join(', ');
      this.announcer.announce(formatText(words['didAnswer'], { text }));
    }
  }

  private checkMessage(): string {
    const { record, config } = this.session;
    const { exercise, panel } = config.strings;
    const tests = currentExercise(record)!['tests'] as { outcome: string }[];
    const passed = tests.filter(test => test.outcome === 'passed').length;
    const text =
      passed === tests.length ? exercise['all'] : formatText(exercise['result'], { n: passed, total: tests.length });
    const name = record.value<{ name?: string }>('@exercise/check')?.name ?? '';
    return name ? formatText(panel['didCheck'], { name, text }) : text;
  }
}
