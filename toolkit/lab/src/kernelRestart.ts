// A kernel ends with its server. The next server has none for this notebook, until somebody asks for it.
import { Dialog, type ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, Session } from '@jupyterlab/services';
import type { IChangedArgs } from '@jupyterlab/coreutils';
import type { Connection } from './connection';

/** How JupyterLab's notebook says that its kernel died: in a dialog over the page, which takes what is typed. */
interface StatusDialogs {
  _onSessionStatusChanged?(context: ISessionContext, status: Kernel.Status): void;
}

/** Until a server that could not give one is asked again, ms. */
const RETRY_DELAY_MS = 1000;

export class KernelRestarter {
  private restartWanted = false;
  private timer = 0;

  constructor(
    private readonly notebook: NotebookPanel,
    private readonly connection: Connection
  ) {
    notebook.sessionContext.sessionChanged.connect(this.onSession, this);
    connection.changed.connect(this.onConnection, this);
    // The panel says it in a line, and one goes on.
    const teller = notebook as unknown as StatusDialogs;
    if (teller._onSessionStatusChanged)
      notebook.sessionContext.statusChanged.disconnect(teller._onSessionStatusChanged, notebook);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.notebook.sessionContext.sessionChanged.disconnect(this.onSession, this);
    this.connection.changed.disconnect(this.onConnection, this);
  }

  private onSession(
    context: ISessionContext,
    {
      oldValue,
      newValue
    }: IChangedArgs<Session.ISessionConnection | null, Session.ISessionConnection | null, 'session'>
  ): void {
    this.restartWanted = Boolean(oldValue && !newValue && !context.isDisposed && !context.isTerminating);
    this.restart();
  }

  /** JupyterLab looks every ten seconds whether its kernel is still there; after a cut it may as well at once. */
  private onConnection(): void {
    if (this.connection.lostSince !== null) return;
    void this.notebook.sessionContext.sessionManager.refreshRunning().catch(() => undefined);
    this.restart();
  }

  /** Both pages ask at about the same time, and are given the same one. */
  private restart(): void {
    if (!this.restartWanted || this.connection.lostSince !== null) return;
    this.restartWanted = false;
    const context = this.notebook.sessionContext;
    // After what is going on now: the loss is told to others, too.
    window.setTimeout(() => {
      if (!context.isDisposed && !context.session)
        context.changeKernel({ name: context.prevKernelName }).catch(error => this.onFailed(context, error));
    });
  }

  /** The server died while it was asked: JupyterLab's dialog would lie over the page, and take what is typed. */
  private onFailed(context: ISessionContext, error: unknown): void {
    console.warn(error);
    window.setTimeout(() => Dialog.flush());
    this.timer = window.setTimeout(() => {
      this.restartWanted = !context.isDisposed && !context.session;
      this.restart();
    }, RETRY_DELAY_MS);
  }
}
