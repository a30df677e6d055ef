// Following a person: each page publishes the notebook and the cell in view, and a follower's page scrolls there.
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import { samePerson, type Person } from './config';
import type { SharedSession } from './sharedSession';

const SCROLL_THROTTLE_MS = 150;

export class FollowPerson {
  readonly changed = new Signal<this, void>(this);
  /** The person who is followed; "driver" is the current driver, whoever that is. */
  private target: Person | 'driver' | null = null;
  private timer = 0;
  private readonly listenedPanels = new Set<NotebookPanel>();

  constructor(private readonly session: SharedSession) {
    session.presence.changed.connect(this.scrollToLeader, this);
    session.driver.changed.connect(this.scrollToLeader, this);
    session.panels.changed.connect(this.onPanels, this);
    this.onPanels();
  }

  dispose(): void {
    const { presence, driver, panels } = this.session;
    window.clearTimeout(this.timer);
    this.listenedPanels.forEach(panel =>
      panel.content.node.removeEventListener('scroll', this.onScroll, { capture: true })
    );
    presence.changed.disconnect(this.scrollToLeader, this);
    driver.changed.disconnect(this.scrollToLeader, this);
    panels.changed.disconnect(this.onPanels, this);
    Signal.clearData(this);
  }

  get following(): Person | 'driver' | null {
    return this.target;
  }

  set following(person: Person | 'driver' | null) {
    this.target = person;
    this.scrollToLeader();
    this.changed.emit();
  }

  private get leader(): Person | null {
    const { driver, presence } = this.session;
    const leader = this.target === 'driver' ? driver.current : this.target;
    return samePerson(leader, presence.me) ? null : leader;
  }

  private scrollToLeader(): void {
    const { leader } = this;
    if (!leader) return;
    const { presence, panels, config } = this.session;
    const { cell, notebook = config.copies.find(copy => samePerson(copy, leader))?.notebook } = presence.viewOf(leader);
    if (notebook && notebook !== panels.currentPath) {
      // `onPanels` goes on once that notebook is in front.
      panels.show(notebook);
      return;
    }
    const shown = panels.current?.content;
    const index = shown?.widgets.findIndex(one => one.model.id === cell) ?? -1;
    if (shown && index >= 0 && cell !== this.topCellId(shown))
      void shown.scrollToItem(index, 'start').catch(() => undefined);
  }

  /** The id of the first visible cell. */
  private topCellId(shown: Notebook): string | undefined {
    const edge = shown.node.getBoundingClientRect().top + 8;
    const seen = shown.widgets.find(cell => {
      const box = cell.node.getBoundingClientRect();
      return cell.isAttached && box.height > 0 && box.bottom > edge;
    });
    return seen?.model.id;
  }

  private onPanels(): void {
    for (const panel of this.session.panels.all)
      if (!this.listenedPanels.has(panel)) {
        this.listenedPanels.add(panel);
        panel.content.node.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
        panel.disposed.connect(() => this.listenedPanels.delete(panel));
      }
    if (this.session.config.copies.length) this.publishPosition();
    this.scrollToLeader();
  }

  private publishPosition(): void {
    const { panels, presence, config } = this.session;
    const shown = panels.current?.content;
    const cell = shown && this.topCellId(shown);
    const where = config.copies.length ? { notebook: panels.currentPath } : {};
    // A follower publishes no position: two people who follow each other would scroll each other.
    if (!this.leader && (cell || config.copies.length)) presence.publish({ ...(cell ? { cell } : {}), ...where });
  }

  private readonly onScroll = (): void => {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.publishPosition();
    }, SCROLL_THROTTLE_MS);
  };
}
