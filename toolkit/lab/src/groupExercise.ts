// In a group, the exercise in the student's own notebook: its kernel runs the check, only this page shows the results.
import type { KernelMessage } from '@jupyterlab/services';
import { h } from '../../widgets/views/dom.js';
import { ENTRY_DEFAULTS } from '../../widgets/views/entryDefaults.js';
import exercise from '../../widgets/views/exercise.js';
import { checkExpression, executeSilently } from './checkRunner';
import { formatText } from '../../widgets/views/text.js';
import { samePerson } from './config';
import { SharedViewModel } from './viewModel';
import type { Fields } from './sharedRecord';
import type { SharedSession } from './sharedSession';

/** The path of the student's own notebook; null on the mentor's page, or if there is no exercise. */
export function ownNotebookPath({ config, presence }: SharedSession): string | null {
  return (config.card && config.copies.find(copy => samePerson(copy, presence.me))?.notebook) ?? null;
}

/** The result of a user expression: an error is reported in it, not in the reply. */
type Expression = { status: string; data?: Record<string, any>; evalue?: string };

class GroupExerciseModel extends SharedViewModel {
  protected override readonly entryKinds = [];
  private tests: Fields[] | null = null;
  private checkedAt: string | null = null;
  private checks = 0;
  private checking = '';
  private unchecked = '';

  constructor(
    private readonly session: SharedSession,
    private readonly path: string
  ) {
    super(session, session.config.strings.exercise);
    this.initialize();
  }

  /** No other page shows this exercise, so the view itself announces the result of a check. */
  override get(name: string): any {
    return name === 'announcedElsewhere' ? false : super.get(name);
  }

  protected override derive(): Record<string, unknown> {
    const entry = { ...ENTRY_DEFAULTS.exercise, ...this.session.config.card, checked_at: this.checkedAt };
    return {
      entry: this.tests ? { ...entry, tests: this.tests } : entry,
      checking: this.checking,
      unchecked: this.unchecked,
      checked: -1,
      check_requested: this.checks,
      submit_requested: 0,
      hint_requested: 0,
      // In a group students submit after the session.
      submits: false,
      submission: {},
      hint: {}
    };
  }

  protected override changes(proposed: Record<string, unknown>): Map<string, Fields> {
    if ('check_requested' in proposed) {
      this.checks = proposed['check_requested'] as number;
      void this.runCheck();
    }
    return new Map();
  }

  private showProgress(checking: string, reason = ''): void {
    const terms = this.session.config.strings.exercise;
    this.checking = checking;
    this.unchecked = reason && formatText(terms['notChecked'], { reason: reason.slice(0, 500) });
    this.refresh();
  }

  private async runCheck(): Promise<void> {
    const { config, panels } = this.session;
    const terms = config.strings.exercise;
    const panel = panels.panelAt(this.path);
    this.checking = 'waiting';
    this.unchecked = '';
    if (!panel?.sessionContext.session?.kernel)
      // After the view has drawn the request.
      return void window.setTimeout(() => this.showProgress('', terms['noKernel']), 0);
    const user_expressions = { outcomes: checkExpression(config.card!.id, 'outcomes') };
    const reply = await executeSilently(panel, { code: '', user_expressions }, () => this.showProgress('running'));
    const expression = (reply as Partial<KernelMessage.IExecuteReply> | null)?.user_expressions?.[
      'outcomes'
    ] as Expression;
    const tests = expression?.data?.['application/json']?.tests;
    if (!Array.isArray(tests)) return this.showProgress('', expression?.evalue || terms['checkEnded']);
    this.tests = tests;
    this.checkedAt = new Date().toISOString();
    this.showProgress('');
  }
}

/** Draw the exercise into `el`; returns a function that removes it. */
export function drawGroupExercise(el: HTMLElement, session: SharedSession, path: string): () => void {
  const title = { class: 'mt-title', role: 'heading', 'aria-level': '3', dir: 'auto' };
  el.append(h('div', { class: 'mt-task-head' }, h('div', title, session.config.card!['title'])));
  const model = new GroupExerciseModel(session, path);
  const unmount = exercise.render({ model, el });
  return () => {
    unmount();
    model.dispose();
  };
}
