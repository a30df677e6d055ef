// The labextension of the shared session. On a page without a session it only provides JupyterLab's own executor.
import { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import { IConnectionLost, ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { INotebookCellExecutor, INotebookTracker, type INotebookModel, type NotebookPanel } from '@jupyterlab/notebook';
import { readConfig, type SessionConfig } from './config';
import { createCellExecutor } from './cellExecutor';
import { registerUndoShortcuts } from './shortcuts';
import { patchCodeCellChanges } from './ydocPatches';
import { SidePanel } from './sidePanel';
import { RENDERER_RANK, rendererFactory } from './viewRenderer';
import { makeReadOnly } from './readOnly';
import { NotebookPanels } from './notebookPanels';
import { SharedSession, type Refusal } from './sharedSession';
import { StatusBarTimer } from './statusBarTimer';
import { distrustOutputs, trustOutputs } from './trust';

/** In a narrower window there is no room for two rows of tabs. */
const NARROW_WINDOW_PX = 700;
const NOTIFICATION_MS = 8000;

/** Notify that a cell was not run; used while the side panel, which shows it otherwise, is folded. */
function notifyRefusal(session: SharedSession, { text, canRequest }: Refusal): void {
  const ask = { label: session.config.strings.panel['ask'], callback: () => session.driver.request() };
  Notification.warning(text, { autoClose: NOTIFICATION_MS, actions: canRequest ? [ask] : [] });
}

/** Start no kernels that this page may not start: the server refuses them, and JupyterLab opens a dialog. */
function preventKernelStarts(app: JupyterFrontEnd, config: SessionConfig): void {
  const { docRegistry } = app;
  const preference = docRegistry.getKernelPreference.bind(docRegistry);
  docRegistry.getKernelPreference = (path, ...rest) => {
    const found = preference(path, ...rest);
    const writes = config.copies.some(copy => copy.writes && path.endsWith(copy.notebook));
    return found && !writes ? { ...found, shouldStart: false, canStart: false, autoStartDefault: false } : found;
  };
}

/** The session of this page; it starts when its notebook is opened. */
class SessionPage {
  session: SharedSession | null = null;
  private panels: NotebookPanels | null = null;

  constructor(private readonly config: SessionConfig) {}

  /** Return true if a code cell may run; always true in a notebook outside the session. */
  mayRun(notebook: INotebookModel): boolean {
    const path = this.panels?.pathOf(notebook);
    return path && this.session ? this.session.mayRun(path) : true;
  }

  start(
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    drive: ICollaborativeContentProvider | null,
    shell: ILabShell | null,
    status: IStatusBar | null
  ): void {
    patchCodeCellChanges();
    const { notebook, copies, role, name } = this.config;
    const show = (path: string, options = {}) => void app.commands.execute('docmanager:open', { path, options });
    const panel = new SidePanel(this.config, () => show(notebook));
    const panels = (this.panels = new NotebookPanels(this.config, path => show(path)));
    if (copies.length) preventKernelStarts(app, this.config);
    const home = (copies.find(copy => copy.role === role && copy.name === name) ?? copies[0])?.notebook ?? notebook;
    // JupyterLab opens the notebook, too, but a second later: it saves the page's layout twice before.
    void app.started.then(() => show(home));
    app.shell.add(panel, 'right', { rank: 100 });
    const timer = new StatusBarTimer(this.config, () => app.shell.activateById(panel.id));
    status?.registerStatusItem('@mentoring-toolkit/lab:clock', { item: timer, align: 'left', rank: 0 });
    registerUndoShortcuts(() => this.session?.record ?? null);
    const onOpened = (opened: NotebookPanel) => {
      const path = opened.context.localPath;
      const ours = panels.add(opened);
      const copy = copies.find(one => one.notebook === path);
      if (copies.length && !(copy?.role === role && copy.name === name)) distrustOutputs(opened);
      else void opened.context.ready.then(() => trustOutputs(opened));
      if (copy && !copy.writes) makeReadOnly(opened, () => this.session?.mayRun(path));
      if (this.session || !ours || path !== notebook) return;
      const session = (this.session = new SharedSession(this.config, opened, panels, drive));
      // Before the first cell is drawn: an output chooses its renderer once.
      opened.content.rendermime.addFactory(rendererFactory(session), RENDERER_RANK);
      void opened.context.ready.then(() => this.session === session && panel.setSession(session));
      timer.setSession(session);
      session.refused.connect((_session, refusal) => panel.isVisible || notifyRefusal(session, refusal));
      opened.disposed.connect(() => {
        panel.showClosed();
        timer.setSession(null);
        session.dispose();
        this.session = null;
      });
    };
    tracker.currentChanged.connect((_tracker, current) => panels.setCurrent(current));
    tracker.forEach(onOpened);
    tracker.widgetAdded.connect((_tracker, opened) => onOpened(opened));
    void app.restored.then(() => {
      // In a small window beside a call only the notebook and the side panel have room.
      // The board is opened behind the student's own notebook, whichever was loaded first.
      if (home !== notebook && !this.session)
        void app.commands
          .execute('docmanager:open', { path: notebook, options: { activate: false } })
          .then(() => show(home));
      panels.setCurrent(tracker.currentWidget);
      shell?.collapseLeft();
      if (window.innerWidth < NARROW_WINDOW_PX && shell?.isSideTabBarVisible('left'))
        shell.toggleSideTabBarVisibility('left');
      app.shell.activateById(panel.id);
    });
  }
}

function plugins(config: SessionConfig | null): JupyterFrontEndPlugin<any>[] {
  const page = config && new SessionPage(config);
  const main: JupyterFrontEndPlugin<void> = {
    id: '@mentoring-toolkit/lab:session',
    description: 'The shared session: side panel, views, presence.',
    autoStart: true,
    requires: [INotebookTracker],
    optional: [ICollaborativeContentProvider, ILabShell, IStatusBar],
    activate: (
      app,
      tracker: INotebookTracker,
      drive: ICollaborativeContentProvider | null,
      shell: ILabShell | null,
      status: IStatusBar | null
    ) => page?.start(app, tracker, drive, shell, status)
  };
  const cellExecutor: JupyterFrontEndPlugin<INotebookCellExecutor> = {
    id: '@mentoring-toolkit/lab:cell-executor',
    description: 'Runs a cell; in a shared session only for the driver.',
    autoStart: true,
    provides: INotebookCellExecutor,
    activate: () => createCellExecutor(notebook => page?.mayRun(notebook) ?? true)
  };
  // JupyterLab's own plugin opens a dialog over the page; the side panel shows one line, and people can go on working.
  const connectionLost: JupyterFrontEndPlugin<IConnectionLost> = {
    id: '@mentoring-toolkit/lab:connection-lost',
    description: 'Leaves the message about a lost connection to the side panel.',
    autoStart: true,
    provides: IConnectionLost,
    activate: () => () => Promise.resolve()
  };
  return page ? [main, cellExecutor, connectionLost] : [main, cellExecutor];
}

export default plugins(readConfig());
