// Quiet minutes: started by either, shown to both, and their end is said once.
import { h, setText } from '../../widgets/views/dom.js';
import { say } from './config';
import type { Session } from './sharedSession';
import type { Told } from './liveAnnouncer';

const LENGTHS = [3, 5];
const KEY = '@quiet/until';

export class Quiet {
  readonly node: HTMLElement;
  private readonly left = h('span', { class: 'mt-remaining', role: 'timer', 'aria-live': 'off' });
  private readonly starts: HTMLElement;
  private readonly end: HTMLElement;
  private readonly timer: number;
  private running = false;

  constructor(
    private readonly session: Session,
    private readonly told: Told
  ) {
    const words = session.config.strings.panel;
    const start = (n: number) => {
      const label = say(words['quietStart'], { n });
      const until = () => new Date(Date.now() + n * 60000).toISOString();
      const props = { type: 'button', class: 'mt-button', 'aria-label': label, title: label };
      return h('button', { ...props, onclick: () => this.set(until()) }, say(words['minutes'], { n }));
    };
    this.starts = h('span', { class: 'mt-buttons' }, ...LENGTHS.map(start));
    this.end = h('button', { type: 'button', class: 'mt-button', onclick: () => this.set(null) }, words['quietEnd']);
    const line = h('div', { class: 'mt-line' }, h('span', {}, words['quiet']), this.left, this.starts, this.end);
    this.node = h('div', { role: 'group', 'aria-label': words['quiet'] }, line);
    this.running = this.remaining() > 0;
    session.record.changed.connect(this.update, this);
    this.timer = window.setInterval(() => this.running && this.update(), 250);
    this.update();
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.session.record.changed.disconnect(this.update, this);
  }

  private set(until: string | null): void {
    this.session.record.note({ [KEY]: until });
    const wanted = until ? this.end : (this.starts.firstElementChild as HTMLElement);
    wanted.focus();
  }

  private remaining(): number {
    const until = this.session.record.value<string | null>(KEY);
    return until ? Math.max(0, Date.parse(until) - Date.now()) || 0 : 0;
  }

  private update(): void {
    const words = this.session.config.strings.panel;
    const left = this.remaining();
    const running = left > 0;
    if (running !== this.running) {
      this.running = running;
      const ended = this.session.record.value(KEY);
      this.told.say(running ? say(words['quietBegins'], { n: Math.ceil(left / 60000) }) : ended ? words['quietOver'] : words['quietEnded']);
    }
    const seconds = Math.ceil(left / 1000);
    setText(this.left, running ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : '');
    this.left.hidden = this.end.hidden = !running;
    this.starts.hidden = running;
  }
}
