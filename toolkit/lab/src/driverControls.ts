// The driver in the side panel, and the buttons to take, pass or ask for the wheel.
import { h, icon } from '../../widgets/views/dom.js';
import { formatText } from '../../widgets/views/text.js';
import { samePerson, type Person } from './config';
import type { Refusal, SharedSession } from './sharedSession';
import type { LiveAnnouncer } from './liveAnnouncer';

type Action = [key: string, text: string, act: () => void];

/** How long a refusal is shown. */
const REFUSAL_SHOWN_MS = 15_000;

export class DriverControls {
  readonly node: HTMLElement;
  private readonly line = h('span', {});
  private readonly buttons = h('span', { class: 'mt-buttons' });
  private readonly refusal = h('div', { class: 'mt-problem', role: 'status', hidden: true });
  private previousDriver: Person | null;
  private previousRequest: Person | null;
  private drawnActions = '';
  private timer = 0;

  constructor(
    private readonly session: SharedSession,
    private readonly announcer: LiveAnnouncer
  ) {
    const words = session.config.strings.panel;
    const line = h('div', { class: 'mt-line' }, this.line, this.buttons);
    this.node = h('div', { class: 'mt-steering', role: 'group', 'aria-label': words['wheel'] }, line, this.refusal);
    this.previousDriver = session.driver.current;
    this.previousRequest = session.driver.requestedBy;
    session.driver.changed.connect(this.onDriver, this);
    session.refused.connect(this.onRefused, this);
    this.update();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.session.driver.changed.disconnect(this.onDriver, this);
    this.session.refused.disconnect(this.onRefused, this);
  }

  private onDriver(): void {
    const { driver, presence, config } = this.session;
    const words = config.strings.panel;
    const { current, requestedBy } = driver;
    if (current && !samePerson(current, this.previousDriver)) {
      this.announcer.announce(
        samePerson(current, presence.me) ? words['youDrive'] : formatText(words['drives'], { name: current.name })
      );
      this.refusal.hidden = true;
    }
    if (requestedBy && !samePerson(requestedBy, this.previousRequest) && (driver.isMe || this.mentorDecides))
      this.announcer.announce(formatText(words['asks'], { name: requestedBy.name }));
    this.previousDriver = current;
    this.previousRequest = requestedBy;
    this.update();
  }

  /** In a group the mentor may pass the wheel on, whoever drives. */
  private get mentorDecides(): boolean {
    return this.session.config.copies.length > 0 && this.session.config.role === 'mentor';
  }

  /** The people the wheel can be passed to; in a group the person who asks, and the next student who is connected. */
  private passTargets(requestedBy: Person | null): Person[] {
    const { presence, config, driver } = this.session;
    if (!config.copies.length) return presence.all.filter(one => !samePerson(one, presence.me) && presence.isHere(one));
    const ring = config.copies.filter(one => presence.isHere(one));
    const next = ring[(ring.findIndex(one => samePerson(one, driver.current)) + 1) % ring.length];
    const targets = requestedBy && presence.isHere(requestedBy) ? [requestedBy] : [];
    return next && !samePerson(next, driver.current) && !samePerson(next, requestedBy) ? [...targets, next] : targets;
  }

  private onRefused(_session: unknown, { text }: Refusal): void {
    this.refusal.hidden = false;
    this.refusal.replaceChildren();
    // Emptied first: screen readers announce the same text again only if it was removed.
    window.setTimeout(() => this.refusal.replaceChildren(icon('warn'), h('span', {}, text)), 50);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => (this.refusal.hidden = true), REFUSAL_SHOWN_MS);
  }

  private update(): void {
    const { driver, presence, config } = this.session;
    const words = config.strings.panel;
    const { current, requestedBy } = driver;
    const actions: Action[] = [];
    const pass = (person: Person, word = 'pass'): Action => [
      `${word} ${person.name}`,
      formatText(words[word], { name: person.name }),
      () => driver.pass(person)
    ];
    let line = current ? formatText(words['drives'], { name: current.name }) : words['nobody'];
    if (driver.isMe || this.mentorDecides) {
      if (driver.isMe) line = words['youDrive'];
      if (requestedBy) line = formatText(words['asks'], { name: requestedBy.name });
      actions.push(
        ...this.passTargets(requestedBy).map(one =>
          pass(one, config.copies.length && one !== requestedBy ? 'next' : 'pass')
        )
      );
      if (!driver.isMe) actions.push(['take', words['take'], () => driver.take()]);
    } else if (driver.isFree) actions.push(['take', words['take'], () => driver.take()]);
    else if (samePerson(requestedBy, presence.me)) line = formatText(words['asking'], { name: current!.name });
    else actions.push(['ask', words['ask'], () => driver.request()]);
    if (this.line.textContent !== line) this.line.textContent = line;
    const urgent = !!requestedBy && (driver.isMe || this.mentorDecides);
    const wanted = JSON.stringify([actions.map(([key]) => key), urgent]);
    if (wanted === this.drawnActions) return;
    this.drawnActions = wanted;
    const had = this.buttons.contains(document.activeElement);
    const kind = (n: number) => (urgent && (n === 0 || !config.copies.length) ? 'mt-button mt-primary' : 'mt-button');
    this.buttons.replaceChildren(
      ...actions.map(([, text, act], n) => h('button', { type: 'button', class: kind(n), onclick: act }, text))
    );
    // The pressed button may be gone: keep the focus in the panel.
    if (!had) return;
    const next = this.buttons.querySelector('button') as HTMLElement | null;
    if (next) next.focus();
    else {
      this.line.tabIndex = -1;
      this.line.focus();
    }
  }
}
