// What is read out: one polite line, never more than one in two seconds, and never the same twice over.
import { setText } from '../../widgets/views/dom.js';

const PAUSE = 2000;
const MOST = 3;

export class Told {
  readonly node: HTMLElement;
  private waiting: string[] = [];
  private timer = 0;

  /** `many` says that so many things changed, where reading out each would take too long. */
  constructor(private readonly many: (n: number) => string) {
    this.node = document.createElement('div');
    this.node.className = 'mt-hidden mt-told';
    this.node.setAttribute('aria-live', 'polite');
  }

  dispose(): void {
    window.clearTimeout(this.timer);
  }

  say(text: string): void {
    if (this.waiting.at(-1) === text) return;
    this.waiting.push(text);
    if (!this.timer) this.timer = window.setTimeout(this.next, 100);
  }

  private readonly next = (): void => {
    const texts = this.waiting.splice(0);
    this.timer = texts.length ? window.setTimeout(this.next, PAUSE) : 0;
    if (!texts.length) return;
    // A line that stays the same would not be read out again.
    this.node.textContent = '';
    window.setTimeout(() => setText(this.node, texts.length > MOST ? this.many(texts.length) : texts.join(' ')), 50);
  };
}
