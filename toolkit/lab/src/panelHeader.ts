// The side panel's header: the people, the driver, the time of saving, and problems.
import { h, icon, setText } from '../../widgets/views/dom.js';
import { formatText, formatTime } from '../../widgets/views/text.js';
import { samePerson, type Person } from './config';
import { initials } from './presence';
import type { SharedSession } from './sharedSession';
import type { LiveAnnouncer } from './liveAnnouncer';

/** Unsaved changes show "Saving" after the first time, and a line of warning after the second. */
const SAVING_SHOWN_AFTER_MS = 700;
const UNSAVED_SHOWN_AFTER_MS = 4000;

interface PersonChip {
  readonly node: HTMLElement;
  update(): void;
}

function personChip(session: SharedSession, person: Person): PersonChip {
  const words = session.config.strings.panel;
  const disc = h('span', { class: 'mt-initials', 'aria-hidden': 'true' }, initials(person.name));
  const name = h('span', { class: 'mt-name', dir: 'auto' }, person.name);
  const stateLabel = h('span', { class: 'mt-small' });
  const driverMark = h('span', { class: 'mt-wheel', hidden: true }, icon('wheel'), h('span', {}, words['driver']));
  const node = h('li', { class: 'mt-person' }, disc, name, stateLabel, driverMark);
  const update = () => {
    const here = session.presence.isHere(person);
    node.classList.toggle('mt-away', !here);
    disc.style.setProperty('--mt-by', session.presence.color(person));
    setText(stateLabel, words[samePerson(person, session.presence.me) ? 'you' : here ? 'here' : 'away']);
    driverMark.hidden = !samePerson(person, session.driver.current);
  };
  return { node, update };
}

export class PanelHeader {
  readonly node: HTMLElement;
  private readonly chips: PersonChip[];
  private readonly status = h('div', { class: 'mt-small mt-status' });
  private readonly problemLine = h('div', { class: 'mt-problem', role: 'status', hidden: true });
  private timers: number[] = [];
  /** The time (ms) of the oldest unsaved change, and if it is shown in the status and in a line of its own. */
  private unsavedSince: number | null = null;
  private savingShown = false;
  private unsavedShown = false;

  constructor(
    private readonly session: SharedSession,
    private readonly announcer: LiveAnnouncer
  ) {
    const words = session.config.strings.panel;
    this.chips = session.presence.all.map(person => personChip(session, person));
    const people = h('ul', { class: 'mt-people', 'aria-label': words['people'] }, ...this.chips.map(one => one.node));
    const heading = h('div', { class: 'mt-title', role: 'heading', 'aria-level': '2' }, words['title']);
    this.node = h('header', {}, h('div', { class: 'mt-head' }, heading, this.status), this.problemLine, people);
    session.presence.changed.connect(this.update, this);
    session.driver.changed.connect(this.update, this);
    session.saveStatus.changed.connect(this.update, this);
    session.connection.changed.connect(this.onConnection, this);
    this.update();
  }

  dispose(): void {
    const { presence, driver, saveStatus, connection } = this.session;
    this.timers.forEach(timer => window.clearTimeout(timer));
    presence.changed.disconnect(this.update, this);
    driver.changed.disconnect(this.update, this);
    saveStatus.changed.disconnect(this.update, this);
    connection.changed.disconnect(this.onConnection, this);
  }

  private onConnection(): void {
    if (this.session.connection.lostSince === null) this.announcer.announce(this.session.config.strings.panel['back']);
    this.update();
  }

  private update(): void {
    this.chips.forEach(one => one.update());
    const { config, saveStatus } = this.session;
    const words = config.strings.panel;
    const { savedAt, unsavedSince: since } = saveStatus;
    if (since !== this.unsavedSince) this.trackUnsaved(since);
    if (!this.savingShown)
      setText(this.status, savedAt && formatText(words['saved'], { time: formatTime(config.language, savedAt) }));
    this.showProblem(this.problem());
  }

  /** Show unsaved changes with a delay: a quick save must not make the status flicker. */
  private trackUnsaved(since: number | null): void {
    this.timers.splice(0).forEach(timer => window.clearTimeout(timer));
    this.unsavedSince = since;
    // While somebody types, earlier changes are saved one after the other, and the oldest unsaved one is a later one.
    this.savingShown = this.savingShown && since !== null && Date.now() - since > SAVING_SHOWN_AFTER_MS;
    this.unsavedShown = this.unsavedShown && since !== null && Date.now() - since > UNSAVED_SHOWN_AFTER_MS;
    if (since === null) return;
    const showSaving = () => {
      this.savingShown = true;
      setText(this.status, this.session.config.strings.panel['saving']);
    };
    const showUnsaved = () => {
      this.unsavedShown = true;
      this.showProblem(this.problem());
    };
    const remainingMs = (after: number) => Math.max(0, since + after - Date.now());
    this.timers = [
      window.setTimeout(showSaving, remainingMs(SAVING_SHOWN_AFTER_MS)),
      window.setTimeout(showUnsaved, remainingMs(UNSAVED_SHOWN_AFTER_MS))
    ];
  }

  private showProblem(problem: string): void {
    if (this.problemLine.dataset['text'] === problem) return;
    this.problemLine.dataset['text'] = problem;
    this.problemLine.hidden = !problem;
    this.problemLine.replaceChildren(...(problem ? [icon('warn'), h('span', {}, problem)] : []));
  }

  private problem(): string {
    const { config, connection, saveStatus } = this.session;
    const words = config.strings.panel;
    const since = connection.lostSince;
    if (since !== null) return formatText(words['offline'], { time: formatTime(config.language, since) });
    return saveStatus.error || (this.unsavedShown ? words['kept'] : '');
  }
}
