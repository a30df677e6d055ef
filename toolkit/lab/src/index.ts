// The shared session in JupyterLab. On a page that belongs to no session this does nothing.
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

/** Below this width of the window (px) there is no room for two rows of tabs. */
const NARROW_WINDOW_PX = 700;

/** Say over the page that a cell was not run, where the panel is folded away and cannot. */
function notifyRefusal(session: SharedSession, { text, canRequest }: Refusal): void {
  const ask = { label: session.config.strings.panel['ask'], callback: () => session.driver.request() };
  Notification.warning(text, { autoClose: 8000, actions: canRequest ? [ask] : [] });
}

/** Ask for no kernel where none may be started from here: it would be refused, in a dialog over the page. */
function preventKernelStarts(app: JupyterFrontEnd, config: SessionConfig): void {
  const { docRegistry } = app;
  const preference = docRegistry.getKernelPreference.bind(docRegistry);
  docRegistry.getKernelPreference = (path, ...rest) => {
    const found = preference(path, ...rest);
    const writes = config.copies.some(copy => copy.writes && path.endsWith(copy.notebook));
    return found && !writes ? { ...found, shouldStart: false, canStart: false, autoStartDefault: false } : found;
  };
}

/** The session of this page, from when its notebook is open. */
class SessionPage {
  session: SharedSession | null = null;
  private panels: NotebookPanels | null = null;

  constructor(private readonly config: SessionConfig) {}

  /** Tell whether a code cell may run; in what is no notebook of the session's, as ever. */
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
    // JupyterLab opens it too, a second later: first it waits until it has kept how the page looks, twice.
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
      // Before the first cell is drawn: outputs look for who draws them once.
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
      // Two things matter in a small window beside a call: the notebook, and what the session is about.
      // The board is opened behind one's own notebook, whichever of the two came first.
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
    description: 'Runs a cell: in a shared session only for whoever drives.',
    autoStart: true,
    provides: INotebookCellExecutor,
    activate: () => createCellExecutor(notebook => page?.mayRun(notebook) ?? true)
  };
  // JupyterLab's own says it in a dialog that lies over the page; the panel says it in a line, and one goes on.
  const connectionLost: JupyterFrontEndPlugin<IConnectionLost> = {
    id: '@mentoring-toolkit/lab:connection-lost',
    description: 'Leaves it to the side panel to say that the server is out of reach.',
    autoStart: true,
    provides: IConnectionLost,
    activate: () => () => Promise.resolve()
  };
  return page ? [main, cellExecutor, connectionLost] : [main, cellExecutor];
}

export default plugins(readConfig());
