// The session's open notebooks on this page (one, in a group several), and the one in front.
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { SessionConfig } from './config';

export class NotebookPanels {
  readonly changed = new Signal<this, void>(this);
  private readonly panels = new Map<string, NotebookPanel>();
  private visiblePath: string;

  /** `show` opens a notebook or brings it to the front. */
  constructor(
    private readonly config: SessionConfig,
    readonly show: (path: string) => void
  ) {
    this.visiblePath = config.notebook;
  }

  /** Add a notebook if it belongs to the session; returns true if it does. */
  add(panel: NotebookPanel): boolean {
    const path = panel.context.localPath;
    if (path !== this.config.notebook && !this.config.copies.some(copy => copy.notebook === path)) return false;
    this.panels.set(path, panel);
    panel.disposed.connect(() => {
      this.panels.delete(path);
      this.changed.emit();
    });
    this.changed.emit();
    return true;
  }

  /** Set the notebook in front. */
  setCurrent(panel: NotebookPanel | null): void {
    const path = panel?.context.localPath;
    if (!path || path === this.visiblePath || !this.panels.has(path)) return;
    this.visiblePath = path;
    this.changed.emit();
  }

  /** The path of the notebook in front. */
  get currentPath(): string {
    return this.visiblePath;
  }

  get current(): NotebookPanel | null {
    return this.panels.get(this.visiblePath) ?? null;
  }

  /** The notebook at a path, if it is open. */
  panelAt(path: string): NotebookPanel | null {
    return this.panels.get(path) ?? null;
  }

  get all(): NotebookPanel[] {
    return [...this.panels.values()];
  }

  /** The path of the notebook with this model; null if it does not belong to the session. */
  pathOf(model: INotebookModel): string | null {
    for (const [path, panel] of this.panels) if (panel.context.model === model) return path;
    return null;
  }
}
