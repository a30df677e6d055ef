// A check that either wished for is run by the page that may run code: in the kernel, with no cell and no output.
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import { same, type SessionConfig } from './config';
import { CHECK, CHECKING, type Progress, type Wish } from './exerciseModel';
import type { Change, SharedRecord } from './sharedRecord';
import type { Wheel } from './driver';

/** What the server answers to whoever does not drive; who has just taken the wheel is known a moment later. */
const NOT_DRIVING = 'NotDriving';
const TRIES = 5;
const PAUSE = 200;

type Reply = KernelMessage.IExecuteReplyMsg['content'];

/** What has a kernel check an exercise; nothing of the shared document but its id gets into it. */
export const call = (exercise: string, name: 'check' | 'outcomes'): string =>
  `__import__("toolkit.widgets.called", fromlist=["check"]).${name}(${JSON.stringify(exercise)})`;

/** Run something where it leaves no trace; null where the kernel is gone before it answers. */
export async function execute(
  notebook: NotebookPanel,
  what: { code: string; user_expressions?: Record<string, string> },
  begins: () => void
): Promise<Reply | null> {
  const kernel = notebook.sessionContext.session?.kernel;
  if (!kernel) return null;
  const quiet = { silent: true, store_history: false, stop_on_error: false, allow_stdin: false };
  const future = kernel.requestExecute({ ...what, ...quiet } as KernelMessage.IExecuteRequestMsg['content']);
  future.onIOPub = message => {
    const { execution_state } = message.content as { execution_state?: string };
    if (message.header.msg_type === 'status' && execution_state === 'busy') begins();
  };
  try {
    return (await future.done).content;
  } catch {
    return null;
  }
}

export class Checks {
  private ready = false;

  constructor(
    private readonly config: SessionConfig,
    private readonly record: SharedRecord,
    private readonly wheel: Wheel,
    private readonly notebook: NotebookPanel
  ) {
    record.changed.connect(this.onRecord, this);
    // What was wished for before one came is somebody else's.
    void notebook.context.ready.then(() => (this.ready = true));
  }

  dispose(): void {
    this.record.changed.disconnect(this.onRecord, this);
  }

  private onRecord(_record: SharedRecord, change: Change): void {
    if (!this.ready || !change.fields.get('@exercise')?.has('check')) return;
    const wish = this.record.value<Wish>(CHECK);
    if (!wish || this.record.value<Progress>(CHECKING)?.at === wish.at) return;
    if (this.record.entry(`exercise:${wish.exercise}`)['title'] === undefined) return;
    const mine = change.local && same(wish, { role: this.config.role, name: this.config.name });
    if (this.wheel.mine || (mine && this.wheel.free && this.wheel.mayRun())) void this.run(wish);
  }

  private async run(wish: Wish): Promise<void> {
    const terms = this.config.strings.exercise;
    const say = (state: Progress['state'], message = '') =>
      this.record.note({ [CHECKING]: { at: wish.at, state, message } satisfies Progress });
    const { session } = this.notebook.sessionContext;
    if (!session?.kernel) return say('problem', terms['noKernel']);
    say('waiting');
    for (let tries = 1; ; tries++) {
      const reply = await execute(this.notebook, { code: call(wish.exercise, 'check') }, () => say('running'));
      if (reply === null) return say('problem', terms['checkEnded']);
      if (reply.status === 'ok') return say('done');
      const error = reply as Partial<KernelMessage.IReplyErrorContent>;
      if (error.ename !== NOT_DRIVING || tries === TRIES)
        return say('problem', error.evalue || terms['checkEnded']);
      await new Promise(resolve => window.setTimeout(resolve, PAUSE));
    }
  }
}
