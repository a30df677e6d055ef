// The timer of quiet minutes: anybody starts it, everybody sees it, and its end is announced once.
import { h, setText } from '../../widgets/views/dom.js';
import { formatText, MINUTE_MS } from '../../widgets/views/text.js';
import type { SharedSession } from './sharedSession';
import type { LiveAnnouncer } from './liveAnnouncer';

const LENGTHS_MIN = [3, 5];
const TICK_MS = 250;
const QUIET_UNTIL_KEY = '@quiet/until';

export class QuietTimer {
  readonly node: HTMLElement;
  private readonly leftLabel = h('span', { class: 'mt-remaining', role: 'timer', 'aria-live': 'off' });
  private readonly startButtons: HTMLElement;
  private readonly endButton: HTMLElement;
  private readonly timer: number;
  private running = false;

  constructor(
    private readonly session: SharedSession,
    private readonly announcer: LiveAnnouncer
  ) {
    const words = session.config.strings.panel;
    const start = (n: number) => {
      const label = formatText(words['quietStart'], { n });
      const until = () => new Date(Date.now() + n * MINUTE_MS).toISOString();
      const props = { type: 'button', class: 'mt-button', 'aria-label': label, title: label };
      return h('button', { ...props, onclick: () => this.setEnd(until()) }, formatText(words['minutes'], { n }));
    };
    this.startButtons = h('span', { class: 'mt-buttons' }, ...LENGTHS_MIN.map(start));
    this.endButton = h(
      'button',
      { type: 'button', class: 'mt-button', onclick: () => this.setEnd(null) },
      words['quietEnd']
    );
    const line = h(
      'div',
      { class: 'mt-line' },
      h('span', {}, words['quiet']),
      this.leftLabel,
      this.startButtons,
      this.endButton
    );
    this.node = h('div', { role: 'group', 'aria-label': words['quiet'] }, line);
    this.running = this.remainingMs() > 0;
    session.record.changed.connect(this.update, this);
    this.timer = window.setInterval(() => this.running && this.update(), TICK_MS);
    this.update();
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.session.record.changed.disconnect(this.update, this);
  }

  private setEnd(until: string | null): void {
    this.session.record.setControl({ [QUIET_UNTIL_KEY]: until });
    const wanted = until ? this.endButton : (this.startButtons.firstElementChild as HTMLElement);
    wanted.focus();
  }

  private remainingMs(): number {
    const until = this.session.record.value<string | null>(QUIET_UNTIL_KEY);
    return until ? Math.max(0, Date.parse(until) - Date.now()) || 0 : 0;
  }

  private update(): void {
    const words = this.session.config.strings.panel;
    const left = this.remainingMs();
    const running = left > 0;
    if (running !== this.running) {
      this.running = running;
      const ended = this.session.record.value(QUIET_UNTIL_KEY);
      this.announcer.announce(
        running
          ? formatText(words['quietBegins'], { n: Math.ceil(left / MINUTE_MS) })
          : ended
            ? words['quietOver']
            : words['quietEnded']
      );
    }
    const seconds = Math.ceil(left / 1000);
    setText(this.leftLabel, running ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : '');
    this.leftLabel.hidden = this.endButton.hidden = !running;
    this.startButtons.hidden = running;
  }
}
