// Who did it: the other person's initials beside what they touched last, for ten seconds, and a word to screen readers.
import { same } from './config';
import { deed } from './deeds';
import { initials } from './people';
import type { Change, SharedRecord } from './record';
import type { Session } from './session';
import type { Told } from './told';

const SECONDS = 10;
const VIEWS: Record<string, string> = { agenda: 'mt-agenda', check: 'mt-checklist', action: 'mt-actions' };

export class Touch {
  private readonly timers = new Map<Element, number>();

  constructor(
    private readonly session: Session,
    private readonly told: Told
  ) {
    session.record.changed.connect(this.onRecord, this);
  }

  dispose(): void {
    this.session.record.changed.disconnect(this.onRecord, this);
    this.timers.forEach(timer => window.clearTimeout(timer));
  }

  private onRecord(record: SharedRecord, change: Change): void {
    if (change.local) return;
    for (const [name, fields] of change.fields) {
      const by = record.by(name);
      if (!fields.has('@by') || !by || same(by, record.me)) continue;
      // Late joiners are given the whole map at once: that is no news.
      if (Date.now() - Date.parse(by.at) > SECONDS * 1000) continue;
      const sentence = deed(this.session.config.strings.panel, record, name, fields, by);
      if (sentence) this.told.deed(sentence);
      // After the views have drawn what is new.
      window.setTimeout(() => this.mark(name, by.name, this.session.people.color(by)));
    }
  }

  private mark(entry: string, name: string, color: string): void {
    const [kind, id] = entry.split(':');
    const view = VIEWS[kind!];
    if (!view && kind !== 'timer') return;
    const at = view ? `.${view} [data-id="${CSS.escape(id ?? '')}"]` : '.mt-timer .mt-clock';
    for (const node of document.querySelectorAll<HTMLElement>(at)) {
      window.clearTimeout(this.timers.get(node));
      node.removeAttribute('data-by');
      node.style.setProperty('--mt-by', color);
      void node.offsetWidth; // the fading begins anew
      node.dataset['by'] = initials(name);
      this.timers.set(node, window.setTimeout(() => this.unmark(node), SECONDS * 1000));
    }
  }

  private unmark(node: HTMLElement): void {
    node.removeAttribute('data-by');
    this.timers.delete(node);
  }
}
