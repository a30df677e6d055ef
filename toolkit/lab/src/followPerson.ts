// Follow my partner: each page says which notebook and which cell it looks at, and goes to the other's on demand.
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { same, type Person } from './config';
import type { Session } from './sharedSession';

const PAUSE = 150;

export class Follow {
  readonly changed = new Signal<this, void>(this);
  /** Whoever is followed; "driver" is whoever drives just then. */
  private whom: Person | 'driver' | null = null;
  private timer = 0;
  private readonly heard = new Set<NotebookPanel>();

  constructor(private readonly session: Session) {
    session.people.changed.connect(this.go, this);
    session.wheel.changed.connect(this.go, this);
    session.screens.changed.connect(this.onScreens, this);
    this.onScreens();
  }

  dispose(): void {
    const { people, wheel, screens } = this.session;
    window.clearTimeout(this.timer);
    this.heard.forEach(panel => panel.content.node.removeEventListener('scroll', this.onScroll, { capture: true }));
    people.changed.disconnect(this.go, this);
    wheel.changed.disconnect(this.go, this);
    screens.changed.disconnect(this.onScreens, this);
    Signal.clearData(this);
  }

  get following(): Person | 'driver' | null {
    return this.whom;
  }

  set following(whom: Person | 'driver' | null) {
    this.whom = whom;
    this.go();
    this.changed.emit();
  }

  private get leader(): Person | null {
    const { wheel, people } = this.session;
    const leader = this.whom === 'driver' ? wheel.driver : this.whom;
    return same(leader, people.me) ? null : leader;
  }

  private go(): void {
    const { leader } = this;
    if (!leader) return;
    const { people, screens, config } = this.session;
    const { cell, notebook = config.copies.find(copy => same(copy, leader))?.notebook } = people.look(leader);
    if (notebook && notebook !== screens.path) {
      // It is gone on with once that one is in sight.
      screens.show(notebook);
      return;
    }
    const shown = screens.current?.content;
    const index = shown?.widgets.findIndex(one => one.model.id === cell) ?? -1;
    if (shown && index >= 0 && cell !== this.top(shown))
      void shown.scrollToItem(index, 'start').catch(() => undefined);
  }

  /** The id of the first cell that is in sight. */
  private top(shown: Notebook): string | undefined {
    const edge = shown.node.getBoundingClientRect().top + 8;
    const seen = shown.widgets.find(cell => {
      const box = cell.node.getBoundingClientRect();
      return cell.isAttached && box.height > 0 && box.bottom > edge;
    });
    return seen?.model.id;
  }

  private onScreens(): void {
    for (const panel of this.session.screens.all)
      if (!this.heard.has(panel)) {
        this.heard.add(panel);
        panel.content.node.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
        panel.disposed.connect(() => this.heard.delete(panel));
      }
    if (this.session.config.copies.length) this.say();
    this.go();
  }

  private say(): void {
    const { screens, people, config } = this.session;
    const shown = screens.current?.content;
    const cell = shown && this.top(shown);
    const where = config.copies.length ? { notebook: screens.path } : {};
    // Who follows says nothing, or two who follow each other would pull.
    if (!this.leader && (cell || config.copies.length)) people.say({ ...(cell ? { cell } : {}), ...where });
  }

  private readonly onScroll = (): void => {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.say();
    }, PAUSE);
  };
}
