// Runs the check of an exercise that anybody in the session requested. The driver's page runs it, in the kernel,
// without a cell and without output.
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import { samePerson, type SessionConfig } from './config';
import { CHECK_KEY, CHECK_PROGRESS_KEY, type CheckProgress, type ExerciseRequest } from './exerciseModel';
import type { Change, SharedRecord } from './sharedRecord';
import type { DriverState } from './driver';

/** The server's error for a page that does not drive; it learns of a new driver with a short delay. */
const NOT_DRIVING = 'NotDriving';
const MAX_TRIES = 5;
const RETRY_DELAY_MS = 200;

type Reply = KernelMessage.IExecuteReplyMsg['content'];

/** The Python expression that checks an exercise; of the shared document it contains the exercise's id alone. */
export const checkExpression = (exercise: string, name: 'check' | 'outcomes'): string =>
  `__import__("toolkit.widgets.page_check", fromlist=["check"]).${name}(${JSON.stringify(exercise)})`;

/** Execute code without history and output; null if the kernel is gone before it replies. */
export async function executeSilently(
  notebook: NotebookPanel,
  request: { code: string; user_expressions?: Record<string, string> },
  onBusy: () => void
): Promise<Reply | null> {
  const kernel = notebook.sessionContext.session?.kernel;
  if (!kernel) return null;
  const silentOptions = { silent: true, store_history: false, stop_on_error: false, allow_stdin: false };
  const future = kernel.requestExecute({ ...request, ...silentOptions } as KernelMessage.IExecuteRequestMsg['content']);
  future.onIOPub = message => {
    const { execution_state } = message.content as { execution_state?: string };
    if (message.header.msg_type === 'status' && execution_state === 'busy') onBusy();
  };
  try {
    return (await future.done).content;
  } catch {
    return null;
  }
}

export class CheckRunner {
  private synced = false;

  constructor(
    private readonly config: SessionConfig,
    private readonly record: SharedRecord,
    private readonly driver: DriverState,
    private readonly notebook: NotebookPanel
  ) {
    record.changed.connect(this.onRecord, this);
    // Requests from before this page was synchronised belong to other pages.
    void notebook.context.ready.then(() => (this.synced = true));
  }

  dispose(): void {
    this.record.changed.disconnect(this.onRecord, this);
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if (!this.synced || !change.fields.get('@exercise')?.has('check')) return;
    const request = this.record.value<ExerciseRequest>(CHECK_KEY);
    if (!request || this.record.value<CheckProgress>(CHECK_PROGRESS_KEY)?.at === request.at) return;
    if (this.record.entry(`exercise:${request.exercise}`)['title'] === undefined) return;
    const mine = change.local && samePerson(request, { role: this.config.role, name: this.config.name });
    if (this.driver.isMe || (mine && this.driver.isFree && this.driver.mayRun())) void this.run(request);
  }

  private async run(request: ExerciseRequest): Promise<void> {
    const terms = this.config.strings.exercise;
    const report = (state: CheckProgress['state'], message = '') =>
      this.record.setControl({ [CHECK_PROGRESS_KEY]: { at: request.at, state, message } satisfies CheckProgress });
    const { session } = this.notebook.sessionContext;
    if (!session?.kernel) return report('problem', terms['noKernel']);
    report('waiting');
    for (let tries = 1; ; tries++) {
      const reply = await executeSilently(this.notebook, { code: checkExpression(request.exercise, 'check') }, () =>
        report('running')
      );
      if (reply === null) return report('problem', terms['checkEnded']);
      if (reply.status === 'ok') return report('done');
      const error = reply as Partial<KernelMessage.IReplyErrorContent>;
      if (error.ename !== NOT_DRIVING || tries === MAX_TRIES)
        return report('problem', error.evalue || terms['checkEnded']);
      await new Promise(resolve => window.setTimeout(resolve, RETRY_DELAY_MS));
    }
  }
}
