// Who did it: the other person's initials beside what they touched last, for ten seconds, and a word to screen readers.
import { same } from './config';
import { deed } from './activityMessages';
import { initials } from './presence';
import type { By, Change, SharedRecord } from './sharedRecord';
import type { Session } from './sharedSession';
import type { Told } from './liveAnnouncer';

const SECONDS = 10;
/** Whoever writes on in the notes is told of once in so many ms. */
const AGAIN = 60_000;
const PLACES: Record<string, string> = { timer: '.mt-timer .mt-clock', notes: '.mt-notes summary', exercise: '.mt-exercise .mt-check-line' };
const WISHES = ['check', 'submit', 'hint'];
const VIEWS: Record<string, string> = { agenda: 'mt-agenda', check: 'mt-checklist', action: 'mt-actions' };

const restart = (one: Animation): void => {
  if ((one as CSSAnimation).animationName === 'mt-by') one.currentTime = 0;
};

const fresh = (by: By): boolean => Date.now() - Date.parse(by.at) <= SECONDS * 1000;

export class Touch {
  private readonly timers = new Map<Element, number>();
  private wrote = 0;

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
    for (const wish of WISHES.filter(name => change.fields.get('@exercise')?.has(name))) {
      const by = record.value<By>(`@exercise/${wish}`);
      if (by && !same(by, record.me) && fresh(by))
        window.setTimeout(() => this.mark('exercise', by.name, this.session.people.color(by)));
    }
    for (const [name, fields] of change.fields) {
      const by = record.by(name);
      if (!fields.has('@by') || !by || same(by, record.me)) continue;
      // Late joiners are given the whole map at once: that is no news.
      if (!fresh(by)) continue;
      const sentence = deed(this.session.config.strings.panel, record, name, fields, by);
      if (sentence && (name !== 'notes' || Date.now() - this.wrote > AGAIN)) this.told.deed(sentence);
      if (name === 'notes') this.wrote = Date.now();
      // After the views have drawn what is new.
      window.setTimeout(() => this.mark(name, by.name, this.session.people.color(by)));
    }
  }

  private mark(entry: string, name: string, color: string): void {
    const [kind, id] = entry.split(':');
    const view = VIEWS[kind!];
    const at = view ? `.${view} [data-id="${CSS.escape(id ?? '')}"]` : PLACES[kind!];
    if (!at) return;
    for (const node of document.querySelectorAll<HTMLElement>(at)) {
      window.clearTimeout(this.timers.get(node));
      node.style.setProperty('--mt-by', color);
      node.dataset['by'] = initials(name);
      // Where it fades already it begins anew.
      if (this.timers.has(node)) node.getAnimations({ subtree: true }).forEach(restart);
      this.timers.set(node, window.setTimeout(() => this.unmark(node), SECONDS * 1000));
    }
  }

  private unmark(node: HTMLElement): void {
    node.removeAttribute('data-by');
    this.timers.delete(node);
  }
}
