// A line in the side panel after a restart of the kernel: variables are lost, the session's record is not.
import { h, icon, iconButton } from '../../widgets/views/dom.js';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { SharedSession } from './sharedSession';

const STARTING_STATUSES: Kernel.Status[] = ['restarting', 'autorestarting', 'starting'];

export class KernelRestartNotice {
  readonly node: HTMLElement;
  /** True once a kernel was running. */
  private kernelSeen = false;

  constructor(private readonly session: SharedSession) {
    const words = session.config.strings.panel;
    const close = iconButton('cross', words['dismiss'], { onclick: () => this.hide() });
    const text = h('span', {}, words['restarted']);
    this.node = h('div', { class: 'mt-problem mt-restarted', role: 'status', hidden: true }, icon('warn'), text, close);
    session.notebook.sessionContext.statusChanged.connect(this.onStatus, this);
    NotebookActions.executed.connect(this.hide, this);
  }

  dispose(): void {
    this.session.notebook.sessionContext.statusChanged.disconnect(this.onStatus, this);
    NotebookActions.executed.disconnect(this.hide, this);
  }

  private onStatus(_context: ISessionContext, status: Kernel.Status): void {
    if (this.kernelSeen && STARTING_STATUSES.includes(status)) this.node.hidden = false;
    if (status === 'idle' || status === 'busy') this.kernelSeen = true;
  }

  private hide(): void {
    this.node.hidden = true;
  }
}
