// Buttons for a group's notebooks: the board and each student's own; they mark the one in front, and the driver's.
import { h, icon, setText } from '../../widgets/views/dom.js';
import { formatText } from '../../widgets/views/text.js';
import { samePerson, type Person } from './config';
import type { SharedSession } from './sharedSession';

export class NotebookSwitcher {
  readonly node: HTMLElement;
  private readonly buttons: [string, Person | null, HTMLElement, HTMLElement][];
  private readonly line = h('div', { class: 'mt-small mt-reading-line', role: 'status' });

  constructor(private readonly session: SharedSession) {
    const { config, panels, presence } = session;
    const words = config.strings.panel;
    const button = (
      path: string,
      person: Person | null,
      name: string
    ): [string, Person | null, HTMLElement, HTMLElement] => {
      const driverMark = h('span', { class: 'mt-at-wheel', hidden: true }, icon('wheel', words['driver']));
      const text = h('span', { dir: 'auto' }, name);
      const node = h(
        'button',
        { type: 'button', class: 'mt-button', onclick: () => panels.show(path) },
        text,
        driverMark
      );
      return [path, person, node, driverMark];
    };
    this.buttons = [
      button(config.notebook, null, words['board']),
      ...config.copies.map(copy =>
        button(
          copy.notebook,
          copy,
          samePerson(copy, presence.me) ? formatText(words['mine'], { name: copy.name }) : copy.name
        )
      )
    ];
    const nodes = this.buttons.map(([, , node]) => node);
    const list = h('nav', { class: 'mt-buttons mt-notebooks', 'aria-label': words['notebooks'] }, ...nodes);
    this.node = h('div', {}, list, this.line);
    panels.changed.connect(this.update, this);
    session.driver.changed.connect(this.update, this);
    this.update();
  }

  dispose(): void {
    this.session.panels.changed.disconnect(this.update, this);
    this.session.driver.changed.disconnect(this.update, this);
  }

  private update(): void {
    const { panels, driver, config } = this.session;
    for (const [path, person, node, mark] of this.buttons) {
      if (path === panels.currentPath) node.setAttribute('aria-current', 'page');
      else node.removeAttribute('aria-current');
      mark.hidden = !person || !samePerson(person, driver.current);
    }
    const copy = config.copies.find(one => one.notebook === panels.currentPath);
    setText(this.line, copy && !copy.writes ? formatText(config.strings.panel['reading'], { name: copy.name }) : '');
  }
}
