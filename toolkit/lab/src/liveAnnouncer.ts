// The page's live region for screen readers: at most one polite message in two seconds, and no repetition.
import { setText } from '../../widgets/views/dom.js';

/** The first message waits this long for others of the same moment. */
const FIRST_DELAY_MS = 100;
const ANNOUNCE_INTERVAL_MS = 2000;
const MAX_SEPARATE_ACTIVITIES = 3;

export class LiveAnnouncer {
  readonly node: HTMLElement;
  private messages: string[] = [];
  private activities: string[] = [];
  private timer = 0;

  /**
   * Add the live region to the document itself, so that it works with the side panel folded.
   *
   * `countMessage` makes the message about `n` changes that are too many to be announced one by one.
   */
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

  /** Announce a person's change; many changes in a short time are counted instead. */
  announceActivity(text: string): void {
    this.enqueue(this.activities, text);
  }

  private enqueue(waiting: string[], text: string): void {
    if (waiting.at(-1) !== text) waiting.push(text);
    if (!this.timer) this.timer = window.setTimeout(this.announceNext, FIRST_DELAY_MS);
  }

  private readonly announceNext = (): void => {
    const activities = this.activities.splice(0);
    const texts = [
      ...this.messages.splice(0),
      ...(activities.length > MAX_SEPARATE_ACTIVITIES ? [this.countMessage(activities.length)] : activities)
    ];
    this.timer = texts.length ? window.setTimeout(this.announceNext, ANNOUNCE_INTERVAL_MS) : 0;
    if (!texts.length) return;
    // Screen readers do not announce a text that stays the same.
    this.node.textContent = '';
    window.setTimeout(() => setText(this.node, texts.join(' ')), 50);
  };
}
