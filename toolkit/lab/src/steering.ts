// The wheel in the panel: who drives, and the one thing to do about it.
import { h, icon } from '../../widgets/views/dom.js';
import { same, say, type Person } from './config';
import type { Session } from './session';
import type { Told } from './told';

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
    session.wheel.refused.connect(this.onRefused, this);
    this.update();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.session.wheel.changed.disconnect(this.onWheel, this);
    this.session.wheel.refused.disconnect(this.onRefused, this);
  }

  private onWheel(): void {
    const { wheel, people, config } = this.session;
    const words = config.strings.panel;
    const { driver, asked } = wheel;
    if (driver && !same(driver, this.before)) {
      this.told.say(same(driver, people.me) ? words['youDrive'] : say(words['drives'], { name: driver.name }));
      this.refusal.hidden = true;
    }
    if (asked && !same(asked, this.asked) && wheel.mine) this.told.say(say(words['asks'], { name: asked.name }));
    this.before = driver;
    this.asked = asked;
    this.update();
  }

  private onRefused(_wheel: unknown, driver: Person): void {
    const text = say(this.session.config.strings.panel['refused'], { name: driver.name });
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
    const others = people.all.filter(person => !same(person, people.me) && people.isHere(person));
    const offers: [string, string, () => void][] = [];
    let line = driver ? say(words['drives'], { name: driver.name }) : words['nobody'];
    if (wheel.mine) {
      line = asked ? say(words['asks'], { name: asked.name }) : words['youDrive'];
      for (const one of others)
        offers.push([`pass ${one.name}`, say(words['pass'], { name: one.name }), () => wheel.pass(one)]);
    } else if (wheel.free) offers.push(['take', words['take'], () => wheel.take()]);
    else if (same(asked, people.me)) line = say(words['asking'], { name: driver!.name });
    else offers.push(['ask', words['ask'], () => wheel.ask()]);
    if (this.line.textContent !== line) this.line.textContent = line;
    const wanted = JSON.stringify([offers.map(([key]) => key), !!asked && wheel.mine]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    const had = this.buttons.contains(document.activeElement);
    const kind = asked && wheel.mine ? 'mt-button mt-primary' : 'mt-button';
    this.buttons.replaceChildren(
      ...offers.map(([, text, act]) => h('button', { type: 'button', class: kind, onclick: act }, text))
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
