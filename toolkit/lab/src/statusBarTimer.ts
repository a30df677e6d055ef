// The session's timer in the status bar, visible with the side panel folded; a click opens the panel.
import { Widget } from '@lumino/widgets';
import { h, icon, setLabel, setText } from '../../widgets/views/dom.js';
import { formatText, MINUTE_MS } from '../../widgets/views/text.js';
import type { SessionConfig } from './config';
import type { Countdown } from './countdown';
import type { SharedSession } from './sharedSession';

const MARK_NOTICES: Record<string, string> = { 5: 'soon', 1: 'last', 0: 'up' };

const twoDigits = (n: number): string => String(n).padStart(2, '0');

export class StatusBarTimer extends Widget {
  private countdown: Countdown | null = null;
  private readonly digits = h('span', { class: 'mt-status-digits' });
  private readonly notice = h('span', {});
  private readonly button: HTMLButtonElement;

  /** `open` shows the side panel. */
  constructor(
    private readonly config: SessionConfig,
    open: () => void
  ) {
    super();
    this.addClass('mt-status-clock');
    this.button = h('button', { type: 'button', onclick: open }, icon('clock'), this.digits, this.notice);
    this.node.append(this.button);
    this.node.lang = config.language;
    this.refresh();
  }

  /** Show the timer of `session`; null hides it. */
  setSession(session: SharedSession | null): void {
    this.countdown?.changed.disconnect(this.refresh, this);
    this.countdown = session?.countdown ?? null;
    this.countdown?.changed.connect(this.refresh, this);
    this.refresh();
  }

  private refresh(): void {
    const words = this.config.strings.panel;
    const { countdown } = this;
    const running = !!countdown?.running;
    this.button.hidden = !running;
    if (!running) return;
    const { leftMs, mark } = countdown!;
    const beyond = Math.floor(-leftMs / MINUTE_MS);
    const seconds = Math.max(0, Math.ceil(leftMs / 1000));
    const time = `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
    setText(this.digits, beyond >= 1 ? formatText(words['clockOver'], { n: beyond }) : time);
    const notice = mark === null ? '' : words[MARK_NOTICES[mark]!];
    setText(this.notice, notice);
    this.node.dataset['mark'] = mark === null ? '' : String(mark);
    setLabel(
      this.button,
      formatText(words['clock'], { text: [this.digits.textContent, notice].filter(Boolean).join(', ') })
    );
  }
}
