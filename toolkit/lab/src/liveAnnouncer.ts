// What is read out: one polite line, never more than one in two seconds, and never the same twice over.
import { setText } from '../../widgets/views/dom.js';

const ANNOUNCE_INTERVAL_MS = 2000;
const MAX_SEPARATE_ACTIVITIES = 3;

export class LiveAnnouncer {
  readonly node: HTMLElement;
  private messages: string[] = [];
  private activities: string[] = [];
  private timer = 0;

  /** It stands beside everything else: what is said is heard with the panel folded, too. `many` says that so many things changed, where reading out each would take too long. */
  constructor(
    private readonly countMessage: (n: number) => string,
    language: string
  ) {
    this.node = document.createElement('div');
    this.node.className = 'mt-hidden mt-told';
    this.node.lang = language;
    this.node.setAttribute('aria-live', 'polite');
    document.body.append(this.node);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.node.remove();
  }

  announce(text: string): void {
    this.enqueue(this.messages, text);
  }

  /** Say what somebody did; many things done in a short time are counted instead. */
  announceActivity(text: string): void {
    this.enqueue(this.activities, text);
  }

  private enqueue(waiting: string[], text: string): void {
    if (waiting.at(-1) !== text) waiting.push(text);
    if (!this.timer) this.timer = window.setTimeout(this.announceNext, 100);
  }

  private readonly announceNext = (): void => {
    const activities = this.activities.splice(0);
    const texts = [
      ...this.messages.splice(0),
      ...(activities.length > MAX_SEPARATE_ACTIVITIES ? [this.countMessage(activities.length)] : activities)
    ];
    this.timer = texts.length ? window.setTimeout(this.announceNext, ANNOUNCE_INTERVAL_MS) : 0;
    if (!texts.length) return;
    // A line that stays the same would not be read out again.
    this.node.textContent = '';
    window.setTimeout(() => setText(this.node, texts.join(' ')), 50);
  };
}
