// What is read out: one polite line, never more than one in two seconds, and never the same twice over.
import { setText } from '../../widgets/views/dom.js';

const PAUSE = 2000;
const MOST = 3;

export class Told {
  readonly node: HTMLElement;
  private lines: string[] = [];
  private deeds: string[] = [];
  private timer = 0;

  /** It stands beside everything else: what is said is heard with the panel folded, too. `many` says that so many things changed, where reading out each would take too long. */
  constructor(
    private readonly many: (n: number) => string,
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

  say(text: string): void {
    this.add(this.lines, text);
  }

  /** Say what somebody did; many things done in a short time are counted instead. */
  deed(text: string): void {
    this.add(this.deeds, text);
  }

  private add(waiting: string[], text: string): void {
    if (waiting.at(-1) !== text) waiting.push(text);
    if (!this.timer) this.timer = window.setTimeout(this.next, 100);
  }

  private readonly next = (): void => {
    const deeds = this.deeds.splice(0);
    const texts = [...this.lines.splice(0), ...(deeds.length > MOST ? [this.many(deeds.length)] : deeds)];
    this.timer = texts.length ? window.setTimeout(this.next, PAUSE) : 0;
    if (!texts.length) return;
    // A line that stays the same would not be read out again.
    this.node.textContent = '';
    window.setTimeout(() => setText(this.node, texts.join(' ')), 50);
  };
}
