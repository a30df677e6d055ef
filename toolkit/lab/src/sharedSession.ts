// The shared session of this page: the record, the people, the driver, and the connection.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import type { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { CheckRunner } from './checkRunner';
import { formatText } from '../../widgets/views/text.js';
import { samePerson, type SessionConfig } from './config';
import { Connection } from './connection';
import { Countdown } from './countdown';
import { SaveStatus } from './saveStatus';
import type { ViewModelSource } from './viewModel';
import { Presence } from './presence';
import { SharedRecord } from './sharedRecord';
import type { NotebookPanels } from './notebookPanels';
import { Signal } from '@lumino/signaling';
import { KernelRestarter } from './kernelRestart';
import { DriverState } from './driver';

/** The reason why a cell was not run; `canRequest` is true if asking for the wheel would help. */
export interface Refusal {
  readonly text: string;
  readonly canRequest: boolean;
}

export class SharedSession implements ViewModelSource {
  readonly record: SharedRecord;
  readonly saveStatus: SaveStatus;
  readonly presence: Presence;
  readonly connection: Connection;
  readonly driver: DriverState;
  readonly refused = new Signal<this, Refusal>(this);
  private readonly kernelRestarter: KernelRestarter;
  readonly countdown: Countdown;
  private readonly checkRunner: CheckRunner;

  constructor(
    readonly config: SessionConfig,
    readonly notebook: NotebookPanel,
    readonly panels: NotebookPanels,
    drive: ICollaborativeContentProvider | null
  ) {
    const shared = notebook.context.model.sharedModel as YNotebook;
    this.presence = new Presence(config, shared.awareness);
    this.record = new SharedRecord(shared.ydoc, this.presence.me);
    this.saveStatus = new SaveStatus(this.record);
    this.connection = new Connection(drive, config.notebook);
    this.connection.changed.connect(() => this.connection.lostSince === null && this.presence.republish());
    this.driver = new DriverState(this.record, this.presence);
    this.kernelRestarter = new KernelRestarter(notebook, this.connection);
    this.countdown = new Countdown(this.config, this.record);
    this.checkRunner = new CheckRunner(this.config, this.record, this.driver, notebook);
    this.driver.refused.connect((_wheel, driver) => this.refuse('refused', driver.name, true));
  }

  /** Return true if this page may run a code cell of the notebook at `path`; otherwise emit `refused`. */
  mayRun(path: string): boolean {
    const { copies, role, notebook } = this.config;
    if (!copies.length) return this.driver.mayRun();
    const copy = copies.find(one => one.notebook === path);
    if (path === notebook || !copy) return this.refuse('boardRuns', '');
    if (samePerson(copy, this.presence.me)) return true;
    return role === 'mentor' ? this.driver.mayRun() : this.refuse('copyRuns', copy.name);
  }

  private refuse(word: string, name: string, canRequest = false): false {
    this.refused.emit({ text: formatText(this.config.strings.panel[word], { name }), canRequest });
    return false;
  }

  dispose(): void {
    Signal.clearData(this);
    this.kernelRestarter.dispose();
    this.checkRunner.dispose();
    this.countdown.dispose();
    this.driver.dispose();
    this.connection.dispose();
    this.saveStatus.dispose();
    this.record.dispose();
    this.presence.dispose();
  }
}
