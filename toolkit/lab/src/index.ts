// The shared session in JupyterLab. On a page that belongs to no session this does nothing.
import { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import { IConnectionLost, ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { INotebookCellExecutor, INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { readConfig, say, type Person, type SessionConfig } from './config';
import { executor } from './executor';
import { undoKeys } from './keys';
import { forgiveKeysSetBack } from './mended';
import { SidePanel } from './panel';
import { RANK, rendererFactory } from './renderer';
import { Session } from './session';
import { StatusClock } from './status';
import { trustOutputs } from './trust';

/** Below this width of the window (px) there is no room for two rows of tabs. */
const NARROW = 700;

/** Say over the page that a cell was not run, where the panel is folded away and cannot. */
function refuse(session: Session, driver: Person): void {
  const words = session.config.strings.panel;
  const ask = { label: words['ask'], callback: () => session.wheel.ask() };
  Notification.warning(say(words['refused'], { name: driver.name }), { autoClose: 8000, actions: [ask] });
}

/** The session of this page, from when its notebook is open. */
class Page {
  session: Session | null = null;

  constructor(private readonly config: SessionConfig) {}

  start(
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    drive: ICollaborativeContentProvider | null,
    shell: ILabShell | null,
    status: IStatusBar | null
  ): void {
    forgiveKeysSetBack();
    const { notebook } = this.config;
    const open = () => void app.commands.execute('docmanager:open', { path: notebook });
    const panel = new SidePanel(this.config, open);
    app.shell.add(panel, 'right', { rank: 100 });
    const clock = new StatusClock(this.config, () => app.shell.activateById(panel.id));
    status?.registerStatusItem('@mentoring-toolkit/lab:clock', { item: clock, align: 'left', rank: 0 });
    undoKeys(() => this.session?.record ?? null);
    const attend = (opened: NotebookPanel) => {
      void opened.context.ready.then(() => trustOutputs(opened));
      if (this.session || opened.context.localPath !== notebook) return;
      const session = (this.session = new Session(this.config, opened, drive));
      // Before the first cell is drawn: outputs look for who draws them once.
      opened.content.rendermime.addFactory(rendererFactory(session), RANK);
      void opened.context.ready.then(() => this.session === session && panel.attend(session));
      clock.attend(session);
      session.wheel.refused.connect((_wheel, driver) => panel.isVisible || refuse(session, driver));
      opened.disposed.connect(() => {
        panel.leave();
        clock.attend(null);
        session.dispose();
        this.session = null;
      });
    };
    tracker.forEach(attend);
    tracker.widgetAdded.connect((_tracker, opened) => attend(opened));
    void app.restored.then(() => {
      // Two things matter in a small window beside a call: the notebook, and what the session is about.
      shell?.collapseLeft();
      if (window.innerWidth < NARROW && shell?.isSideTabBarVisible('left')) shell.toggleSideTabBarVisibility('left');
      app.shell.activateById(panel.id);
    });
  }
}

function plugins(config: SessionConfig | null): JupyterFrontEndPlugin<any>[] {
  const page = config && new Page(config);
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
  const wheel: JupyterFrontEndPlugin<INotebookCellExecutor> = {
    id: '@mentoring-toolkit/lab:cell-executor',
    description: 'Runs a cell: in a shared session only for whoever drives.',
    autoStart: true,
    provides: INotebookCellExecutor,
    activate: () =>
      executor(notebook => {
        const session = page?.session;
        return session && session.notebook.context.model === notebook ? session.wheel : null;
      })
  };
  // JupyterLab's own says it in a dialog that lies over the page; the panel says it in a line, and one goes on.
  const lost: JupyterFrontEndPlugin<IConnectionLost> = {
    id: '@mentoring-toolkit/lab:connection-lost',
    description: 'Leaves it to the side panel to say that the server is out of reach.',
    autoStart: true,
    provides: IConnectionLost,
    activate: () => () => Promise.resolve()
  };
  return page ? [main, wheel, lost] : [main, wheel];
}

export default plugins(readConfig());
