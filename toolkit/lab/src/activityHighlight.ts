// Shows who changed something: the person's initials beside it for ten seconds, and a message for screen readers.
import { samePerson } from './config';
import { activityMessage } from './activityMessages';
import { initials } from './presence';
import type { Editor, Change, SharedRecord } from './sharedRecord';
import type { SharedSession } from './sharedSession';
import type { LiveAnnouncer } from './liveAnnouncer';

const HIGHLIGHT_S = 10;
/** The shortest time between two messages that somebody is writing in the notes. */
const NOTES_MESSAGE_INTERVAL_MS = 60_000;
const ENTRY_SELECTORS: Record<string, string> = {
  timer: '.mt-timer .mt-clock',
  notes: '.mt-notes summary',
  exercise: '.mt-exercise .mt-check-line'
};
const REQUEST_FIELDS = ['check', 'submit', 'hint'];
const VIEW_CLASSES: Record<string, string> = { agenda: 'mt-agenda', check: 'mt-checklist', action: 'mt-actions' };

const restartFade = (one: Animation): void => {
  if ((one as CSSAnimation).animationName === 'mt-by') one.currentTime = 0;
};

const isRecent = (by: Editor): boolean => Date.now() - Date.parse(by.at) <= HIGHLIGHT_S * 1000;

export class ActivityHighlight {
  private readonly timers = new Map<Element, number>();
  private lastNotesMessage = 0;

  constructor(
    private readonly session: SharedSession,
    private readonly announcer: LiveAnnouncer
  ) {
    session.record.changed.connect(this.onRecord, this);
  }

  dispose(): void {
    this.session.record.changed.disconnect(this.onRecord, this);
    this.timers.forEach(timer => window.clearTimeout(timer));
  }

  private onRecord(record: SharedRecord, change: Change): void {
    if (change.local) return;
    for (const field of REQUEST_FIELDS.filter(name => change.fields.get('@exercise')?.has(name))) {
      const by = record.value<Editor>(`@exercise/${field}`);
      if (by && !samePerson(by, record.me) && isRecent(by))
        window.setTimeout(() => this.highlight('exercise', by.name, this.session.presence.color(by)));
    }
    for (const [name, fields] of change.fields) {
      const by = record.lastEditor(name);
      if (!fields.has('@by') || !by || samePerson(by, record.me)) continue;
      // A page that joins late receives the whole map at once: old changes are not announced.
      if (!isRecent(by)) continue;
      const sentence = activityMessage(this.session.config.strings.panel, record, name, fields, by);
      if (sentence && (name !== 'notes' || Date.now() - this.lastNotesMessage > NOTES_MESSAGE_INTERVAL_MS))
        this.announcer.announceActivity(sentence);
      if (name === 'notes') this.lastNotesMessage = Date.now();
      // After the views have drawn the new state.
      window.setTimeout(() => this.highlight(name, by.name, this.session.presence.color(by)));
    }
  }

  private highlight(entry: string, name: string, color: string): void {
    const [kind, id] = entry.split(':');
    const view = VIEW_CLASSES[kind!];
    const selector = view ? `.${view} [data-id="${CSS.escape(id ?? '')}"]` : ENTRY_SELECTORS[kind!];
    if (!selector) return;
    for (const node of document.querySelectorAll<HTMLElement>(selector)) {
      window.clearTimeout(this.timers.get(node));
      node.style.setProperty('--mt-by', color);
      node.dataset['by'] = initials(name);
      // A highlight that is fading already starts again.
      if (this.timers.has(node)) node.getAnimations({ subtree: true }).forEach(restartFade);
      this.timers.set(
        node,
        window.setTimeout(() => this.clear(node), HIGHLIGHT_S * 1000)
      );
    }
  }

  private clear(node: HTMLElement): void {
    node.removeAttribute('data-by');
    this.timers.delete(node);
  }
}
