// Starts a new kernel after a restart of the server: the kernel ended with the old server, and the new one starts
// none by itself.
import { Dialog, type ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, Session } from '@jupyterlab/services';
import type { IChangedArgs } from '@jupyterlab/coreutils';
import type { Connection } from './connection';

/** The method with which JupyterLab's notebook opens a dialog about a dead kernel; the dialog takes the keyboard. */
interface StatusDialogs {
  _onSessionStatusChanged?(context: ISessionContext, status: Kernel.Status): void;
}

/** The time until a failed request for a kernel is repeated. */
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
    // The side panel shows one line instead.
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

  /** After a reconnection look for the kernel at once; JupyterLab itself polls every ten seconds. */
  private onConnection(): void {
    if (this.connection.lostSince !== null) return;
    void this.notebook.sessionContext.sessionManager.refreshRunning().catch(() => undefined);
    this.restart();
  }

  /** Several pages ask at about the same time; the server gives them the same kernel. */
  private restart(): void {
    if (!this.restartWanted || this.connection.lostSince !== null) return;
    this.restartWanted = false;
    const context = this.notebook.sessionContext;
    // After the current signal: other listeners must hear of the loss first.
    window.setTimeout(() => {
      if (!context.isDisposed && !context.session)
        context.changeKernel({ name: context.prevKernelName }).catch(error => this.onFailed(context, error));
    });
  }

  /** The server died during the request: close JupyterLab's dialog, which would take the keyboard, and try again. */
  private onFailed(context: ISessionContext, error: unknown): void {
    console.warn(error);
    window.setTimeout(() => Dialog.flush());
    this.timer = window.setTimeout(() => {
      this.restartWanted = !context.isDisposed && !context.session;
      this.restart();
    }, RETRY_DELAY_MS);
  }
}
