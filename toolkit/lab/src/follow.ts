// Follow my partner: each page says which cell is at its top, and scrolls to the other's on demand.
import type { Notebook } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { Person } from './config';
import type { Session } from './session';

const PAUSE = 150;

export class Follow {
  readonly changed = new Signal<this, void>(this);
  private leader: Person | null = null;
  private timer = 0;

  constructor(private readonly session: Session) {
    this.notebook.node.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
    session.people.changed.connect(this.go, this);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.notebook.node.removeEventListener('scroll', this.onScroll, { capture: true });
    this.session.people.changed.disconnect(this.go, this);
    Signal.clearData(this);
  }

  get following(): Person | null {
    return this.leader;
  }

  set following(leader: Person | null) {
    this.leader = leader;
    this.go();
    this.changed.emit();
  }

  private get notebook(): Notebook {
    return this.session.notebook.content;
  }

  private go(): void {
    const id = this.leader && this.session.people.cell(this.leader);
    const index = this.notebook.widgets.findIndex(cell => cell.model.id === id);
    if (index >= 0 && id !== this.top()) void this.notebook.scrollToItem(index, 'start').catch(() => undefined);
  }

  /** The id of the first cell that is in sight. */
  private top(): string | undefined {
    const edge = this.notebook.node.getBoundingClientRect().top + 8;
    const seen = this.notebook.widgets.find(cell => {
      const box = cell.node.getBoundingClientRect();
      return cell.isAttached && box.height > 0 && box.bottom > edge;
    });
    return seen?.model.id;
  }

  private readonly onScroll = (): void => {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      const cell = this.top();
      // Who follows says nothing, or two who follow each other would pull.
      if (cell && !this.leader) this.session.people.say({ cell });
    }, PAUSE);
  };
}
