// The wheel in the panel: who drives, and the one thing to do about it.
import { h, icon } from '../../widgets/views/dom.js';
import { same, say, type Person } from './config';
import type { Refusal, Session } from './sharedSession';
import type { Told } from './liveAnnouncer';

type Offer = [key: string, text: string, act: () => void];

/** How long a refusal stays, ms. */
const SHOWN = 15_000;

export class Steering {
  readonly node: HTMLElement;
  private readonly line = h('span', {});
  private readonly buttons = h('span', { class: 'mt-buttons' });
  private readonly refusal = h('div', { class: 'mt-problem', role: 'status', hidden: true });
  private before: Person | null;
  private asked: Person | null;
  private drawn = '';
  private timer = 0;

  constructor(
    private readonly session: Session,
    private readonly told: Told
  ) {
    const words = session.config.strings.panel;
    const line = h('div', { class: 'mt-line' }, this.line, this.buttons);
    this.node = h('div', { class: 'mt-steering', role: 'group', 'aria-label': words['wheel'] }, line, this.refusal);
    this.before = session.wheel.driver;
    this.asked = session.wheel.asked;
    session.wheel.changed.connect(this.onWheel, this);
    session.refused.connect(this.onRefused, this);
    this.update();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.session.wheel.changed.disconnect(this.onWheel, this);
    this.session.refused.disconnect(this.onRefused, this);
  }

  private onWheel(): void {
    const { wheel, people, config } = this.session;
    const words = config.strings.panel;
    const { driver, asked } = wheel;
    if (driver && !same(driver, this.before)) {
      this.told.say(same(driver, people.me) ? words['youDrive'] : say(words['drives'], { name: driver.name }));
      this.refusal.hidden = true;
    }
    if (asked && !same(asked, this.asked) && (wheel.mine || this.decides)) this.told.say(say(words['asks'], { name: asked.name }));
    this.before = driver;
    this.asked = asked;
    this.update();
  }

  /** In a group the mentor sees to it that the wheel goes round, whoever has it. */
  private get decides(): boolean {
    return this.session.config.copies.length > 0 && this.session.config.role === 'mentor';
  }

  /** Whom the wheel can be passed to: in a group, who asks for it, and the next student who is here. */
  private heirs(asked: Person | null): Person[] {
    const { people, config, wheel } = this.session;
    if (!config.copies.length) return people.all.filter(one => !same(one, people.me) && people.isHere(one));
    const ring = config.copies.filter(one => people.isHere(one));
    const next = ring[(ring.findIndex(one => same(one, wheel.driver)) + 1) % ring.length];
    const heirs = asked && people.isHere(asked) ? [asked] : [];
    return next && !same(next, wheel.driver) && !same(next, asked) ? [...heirs, next] : heirs;
  }

  private onRefused(_session: unknown, { text }: Refusal): void {
    this.refusal.hidden = false;
    this.refusal.replaceChildren();
    // Emptied and filled: said again each time.
    window.setTimeout(() => this.refusal.replaceChildren(icon('warn'), h('span', {}, text)), 50);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => (this.refusal.hidden = true), SHOWN);
  }

  private update(): void {
    const { wheel, people, config } = this.session;
    const words = config.strings.panel;
    const { driver, asked } = wheel;
    const offers: Offer[] = [];
    const pass = (one: Person, word = 'pass'): Offer => [
      `${word} ${one.name}`,
      say(words[word], { name: one.name }),
      () => wheel.pass(one)
    ];
    let line = driver ? say(words['drives'], { name: driver.name }) : words['nobody'];
    if (wheel.mine || this.decides) {
      if (wheel.mine) line = words['youDrive'];
      if (asked) line = say(words['asks'], { name: asked.name });
      offers.push(...this.heirs(asked).map(one => pass(one, config.copies.length && one !== asked ? 'next' : 'pass')));
      if (!wheel.mine) offers.push(['take', words['take'], () => wheel.take()]);
    } else if (wheel.free) offers.push(['take', words['take'], () => wheel.take()]);
    else if (same(asked, people.me)) line = say(words['asking'], { name: driver!.name });
    else offers.push(['ask', words['ask'], () => wheel.ask()]);
    if (this.line.textContent !== line) this.line.textContent = line;
    const urgent = !!asked && (wheel.mine || this.decides);
    const wanted = JSON.stringify([offers.map(([key]) => key), urgent]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    const had = this.buttons.contains(document.activeElement);
    const kind = (n: number) => (urgent && (n === 0 || !config.copies.length) ? 'mt-button mt-primary' : 'mt-button');
    this.buttons.replaceChildren(
      ...offers.map(([, text, act], n) => h('button', { type: 'button', class: kind(n), onclick: act }, text))
    );
    // Whoever pressed the button that is gone must not be thrown out of the panel.
    if (!had) return;
    const next = this.buttons.querySelector('button') as HTMLElement | null;
    if (next) next.focus();
    else {
      this.line.tabIndex = -1;
      this.line.focus();
    }
  }
}
