// A group's notebooks in the panel: the board, and everybody's own; which is in sight, and who drives.
import { h, icon, setText } from '../../widgets/views/dom.js';
import { same, say, type Person } from './config';
import type { Session } from './sharedSession';

export class Notebooks {
  readonly node: HTMLElement;
  private readonly buttons: [string, Person | null, HTMLElement, HTMLElement][];
  private readonly line = h('div', { class: 'mt-small mt-reading-line', role: 'status' });

  constructor(private readonly session: Session) {
    const { config, screens, people } = session;
    const words = config.strings.panel;
    const button = (path: string, person: Person | null, name: string): [string, Person | null, HTMLElement, HTMLElement] => {
      const wheel = h('span', { class: 'mt-at-wheel', hidden: true }, icon('wheel', words['driver']));
      const text = h('span', { dir: 'auto' }, name);
      const node = h('button', { type: 'button', class: 'mt-button', onclick: () => screens.show(path) }, text, wheel);
      return [path, person, node, wheel];
    };
    this.buttons = [
      button(config.notebook, null, words['board']),
      ...config.copies.map(copy =>
        button(copy.notebook, copy, same(copy, people.me) ? say(words['mine'], { name: copy.name }) : copy.name)
      )
    ];
    const nodes = this.buttons.map(([, , node]) => node);
    const list = h('nav', { class: 'mt-buttons mt-notebooks', 'aria-label': words['notebooks'] }, ...nodes);
    this.node = h('div', {}, list, this.line);
    screens.changed.connect(this.update, this);
    session.wheel.changed.connect(this.update, this);
    this.update();
  }

  dispose(): void {
    this.session.screens.changed.disconnect(this.update, this);
    this.session.wheel.changed.disconnect(this.update, this);
  }

  private update(): void {
    const { screens, wheel, config } = this.session;
    for (const [path, person, node, mark] of this.buttons) {
      if (path === screens.path) node.setAttribute('aria-current', 'page');
      else node.removeAttribute('aria-current');
      mark.hidden = !person || !same(person, wheel.driver);
    }
    const copy = config.copies.find(one => one.notebook === screens.path);
    setText(this.line, copy && !copy.writes ? say(config.strings.panel['reading'], { name: copy.name }) : '');
  }
}
