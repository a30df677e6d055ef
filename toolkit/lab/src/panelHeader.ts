// The panel's head: who is here, who drives, whether all is saved.
import { h, icon, setText } from '../../widgets/views/dom.js';
import { clock, same, say, type Person } from './config';
import { initials } from './presence';
import type { Session } from './sharedSession';
import type { Told } from './liveAnnouncer';

/** After so long (ms) it is said that something is being saved, and that it is not yet. */
const LATE = 700;
const SLOW = 4000;

interface Chip {
  readonly node: HTMLElement;
  update(): void;
}

function chip(session: Session, person: Person): Chip {
  const words = session.config.strings.panel;
  const disc = h('span', { class: 'mt-initials', 'aria-hidden': 'true' }, initials(person.name));
  const name = h('span', { class: 'mt-name', dir: 'auto' }, person.name);
  const fact = h('span', { class: 'mt-small' });
  const wheel = h('span', { class: 'mt-wheel', hidden: true }, icon('wheel'), h('span', {}, words['driver']));
  const node = h('li', { class: 'mt-person' }, disc, name, fact, wheel);
  const update = () => {
    const here = session.people.isHere(person);
    node.classList.toggle('mt-away', !here);
    disc.style.setProperty('--mt-by', session.people.color(person));
    setText(fact, words[same(person, session.people.me) ? 'you' : here ? 'here' : 'away']);
    wheel.hidden = !same(person, session.wheel.driver);
  };
  return { node, update };
}

export class Header {
  readonly node: HTMLElement;
  private readonly chips: Chip[];
  private readonly status = h('div', { class: 'mt-small mt-status' });
  private readonly lost = h('div', { class: 'mt-problem', role: 'status', hidden: true });
  private timers: number[] = [];
  /** Since when (ms) something is not saved; whether that is worth a word, and a line of its own. */
  private since: number | null = null;
  private late = false;
  private slow = false;

  constructor(
    private readonly session: Session,
    private readonly told: Told
  ) {
    const words = session.config.strings.panel;
    this.chips = session.people.all.map(person => chip(session, person));
    const people = h('ul', { class: 'mt-people', 'aria-label': words['people'] }, ...this.chips.map(one => one.node));
    const heading = h('div', { class: 'mt-title', role: 'heading', 'aria-level': '2' }, words['title']);
    this.node = h('header', {}, h('div', { class: 'mt-head' }, heading, this.status), this.lost, people);
    session.people.changed.connect(this.update, this);
    session.wheel.changed.connect(this.update, this);
    session.delivery.changed.connect(this.update, this);
    session.connection.changed.connect(this.onConnection, this);
    this.update();
  }

  dispose(): void {
    const { people, wheel, delivery, connection } = this.session;
    this.timers.forEach(timer => window.clearTimeout(timer));
    people.changed.disconnect(this.update, this);
    wheel.changed.disconnect(this.update, this);
    delivery.changed.disconnect(this.update, this);
    connection.changed.disconnect(this.onConnection, this);
  }

  private onConnection(): void {
    if (this.session.connection.lostSince === null) this.told.say(this.session.config.strings.panel['back']);
    this.update();
  }

  private update(): void {
    this.chips.forEach(one => one.update());
    const { config, delivery } = this.session;
    const words = config.strings.panel;
    const { savedAt, since } = delivery;
    if (since !== this.since) this.wait(since);
    if (!this.late) setText(this.status, savedAt && say(words['saved'], { time: clock(config.language, savedAt) }));
    this.complain(this.problem());
  }

  /** Say that it takes long, once it does: a save that takes no time is not worth a flicker. */
  private wait(since: number | null): void {
    this.timers.splice(0).forEach(timer => window.clearTimeout(timer));
    this.since = since;
    // What is typed on and on is saved bit by bit: then the oldest bit is another one.
    this.late = this.late && since !== null && Date.now() - since > LATE;
    this.slow = this.slow && since !== null && Date.now() - since > SLOW;
    if (since === null) return;
    const late = () => {
      this.late = true;
      setText(this.status, this.session.config.strings.panel['saving']);
    };
    const slow = () => {
      this.slow = true;
      this.complain(this.problem());
    };
    const left = (after: number) => Math.max(0, since + after - Date.now());
    this.timers = [window.setTimeout(late, left(LATE)), window.setTimeout(slow, left(SLOW))];
  }

  private complain(problem: string): void {
    if (this.lost.dataset['text'] === problem) return;
    this.lost.dataset['text'] = problem;
    this.lost.hidden = !problem;
    this.lost.replaceChildren(...(problem ? [icon('warn'), h('span', {}, problem)] : []));
  }

  private problem(): string {
    const { config, connection, delivery } = this.session;
    const words = config.strings.panel;
    const since = connection.lostSince;
    if (since !== null) return say(words['offline'], { time: clock(config.language, since) });
    return delivery.error || (this.slow ? words['kept'] : '');
  }
}
