// The side panel's toolbar: undo, redo, follow.
import { h, icon, iconButton } from '../../widgets/views/dom.js';
import { formatText } from '../../widgets/views/text.js';
import { samePerson, type Person } from './config';
import type { FollowPerson } from './followPerson';
import type { SharedSession } from './sharedSession';

const followedPerson = (follow: FollowPerson): Person | null =>
  follow.following === 'driver' ? null : follow.following;

export class Toolbar {
  readonly node: HTMLElement;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly followButtons: [HTMLElement, () => void][];

  constructor(
    private readonly session: SharedSession,
    private readonly follow: FollowPerson
  ) {
    const words = session.config.strings.panel;
    const { record, presence } = session;
    this.undo = iconButton('undo', words['undo'], { onclick: () => record.undo() });
    this.redo = iconButton('redo', words['redo'], { onclick: () => record.redo() });
    const whom = session.config.copies.length ? (['driver'] as const) : session.config.partners;
    this.followButtons = whom.map(person => {
      const isFollowed = () =>
        person === 'driver' ? follow.following === person : samePerson(followedPerson(follow), person);
      const turn = () => (follow.following = isFollowed() ? null : person);
      const text = person === 'driver' ? words['followDriver'] : formatText(words['follow'], { name: person.name });
      const button = h('button', { type: 'button', class: 'mt-button mt-toggle', onclick: turn }, icon('eye'), text);
      const update = () => {
        button.setAttribute('aria-pressed', String(isFollowed()));
        button.hidden = person !== 'driver' && !presence.isHere(person);
      };
      return [button, update];
    });
    const buttons = [...this.followButtons.map(([button]) => button), this.undo, this.redo];
    this.node = h('div', { class: 'mt-tools', role: 'toolbar', 'aria-label': words['tools'] }, ...buttons);
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const)
      record.undoManager.on(event, this.update);
    presence.changed.connect(this.update, this);
    follow.changed.connect(this.update, this);
    this.update();
  }

  dispose(): void {
    this.session.presence.changed.disconnect(this.update, this);
    this.follow.changed.disconnect(this.update, this);
  }

  private readonly update = (): void => {
    const { undoManager } = this.session.record;
    // `aria-disabled`, because a disabled button loses the focus.
    this.undo.setAttribute('aria-disabled', String(!undoManager.canUndo()));
    this.redo.setAttribute('aria-disabled', String(!undoManager.canRedo()));
    this.followButtons.forEach(([, update]) => update());
  };
}
