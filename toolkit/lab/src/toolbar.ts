// The small tools of the panel: undo, redo, follow.
import { h, icon, iconButton } from '../../widgets/views/dom.js';
import { same, say, type Person } from './config';
import type { Follow } from './followPerson';
import type { Session } from './sharedSession';

const asPerson = (follow: Follow): Person | null => (follow.following === 'driver' ? null : follow.following);

export class Tools {
  readonly node: HTMLElement;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly follows: [HTMLElement, () => void][];

  constructor(
    private readonly session: Session,
    private readonly follow: Follow
  ) {
    const words = session.config.strings.panel;
    const { record, people } = session;
    this.undo = iconButton('undo', words['undo'], { onclick: () => record.undo() });
    this.redo = iconButton('redo', words['redo'], { onclick: () => record.redo() });
    const whom = session.config.copies.length ? (['driver'] as const) : session.config.partners;
    this.follows = whom.map(person => {
      const isFollowed = () => (person === 'driver' ? follow.following === person : same(asPerson(follow), person));
      const turn = () => (follow.following = isFollowed() ? null : person);
      const text = person === 'driver' ? words['followDriver'] : say(words['follow'], { name: person.name });
      const button = h('button', { type: 'button', class: 'mt-button mt-toggle', onclick: turn }, icon('eye'), text);
      const update = () => {
        button.setAttribute('aria-pressed', String(isFollowed()));
        button.hidden = person !== 'driver' && !people.isHere(person);
      };
      return [button, update];
    });
    const buttons = [...this.follows.map(([button]) => button), this.undo, this.redo];
    this.node = h('div', { class: 'mt-tools', role: 'toolbar', 'aria-label': words['tools'] }, ...buttons);
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const)
      record.undoing.on(event, this.update);
    people.changed.connect(this.update, this);
    follow.changed.connect(this.update, this);
    this.update();
  }

  dispose(): void {
    this.session.people.changed.disconnect(this.update, this);
    this.follow.changed.disconnect(this.update, this);
  }

  private readonly update = (): void => {
    const { undoing } = this.session.record;
    // Not disabled: a button that is loses the focus.
    this.undo.setAttribute('aria-disabled', String(!undoing.canUndo()));
    this.redo.setAttribute('aria-disabled', String(!undoing.canRedo()));
    this.follows.forEach(([, update]) => update());
  };
}
