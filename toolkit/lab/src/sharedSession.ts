// The shared session of this page: one record, whoever is here, and the notebook that both are part of.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import type { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Checks } from './checkRunner';
import { same, say, type SessionConfig } from './config';
import { Connection } from './connection';
import { Countdown } from './countdown';
import { Delivery } from './saveStatus';
import type { Source } from './viewModel';
import { People } from './presence';
import { SharedRecord } from './sharedRecord';
import type { Screens } from './notebookPanels';
import { Signal } from '@lumino/signaling';
import { Revival } from './kernelRestart';
import { Wheel } from './driver';

/** Why a cell was not run; `asks` where to ask for the wheel would help. */
export interface Refusal {
  readonly text: string;
  readonly asks: boolean;
}

export class Session implements Source {
  readonly record: SharedRecord;
  readonly delivery: Delivery;
  readonly people: People;
  readonly connection: Connection;
  readonly wheel: Wheel;
  readonly refused = new Signal<this, Refusal>(this);
  private readonly revival: Revival;
  readonly countdown: Countdown;
  private readonly checks: Checks;

  constructor(
    readonly config: SessionConfig,
    readonly notebook: NotebookPanel,
    readonly screens: Screens,
    drive: ICollaborativeContentProvider | null
  ) {
    const shared = notebook.context.model.sharedModel as YNotebook;
    this.people = new People(config, shared.awareness);
    this.record = new SharedRecord(shared.ydoc, this.people.me);
    this.delivery = new Delivery(this.record);
    this.connection = new Connection(drive, config.notebook);
    this.connection.changed.connect(() => this.connection.lostSince === null && this.people.back());
    this.wheel = new Wheel(this.record, this.people);
    this.revival = new Revival(notebook, this.connection);
    this.countdown = new Countdown(this.config, this.record);
    this.checks = new Checks(this.config, this.record, this.wheel, notebook);
    this.wheel.refused.connect((_wheel, driver) => this.refuse('refused', driver.name, true));
  }

  /** Tell whether a code cell of the notebook at `path` may run from here; say why where not. */
  mayRun(path: string): boolean {
    const { copies, role, notebook } = this.config;
    if (!copies.length) return this.wheel.mayRun();
    const copy = copies.find(one => one.notebook === path);
    if (path === notebook || !copy) return this.refuse('boardRuns', '');
    if (same(copy, this.people.me)) return true;
    return role === 'mentor' ? this.wheel.mayRun() : this.refuse('copyRuns', copy.name);
  }

  private refuse(word: string, name: string, asks = false): false {
    this.refused.emit({ text: say(this.config.strings.panel[word], { name }), asks });
    return false;
  }

  dispose(): void {
    Signal.clearData(this);
    this.revival.dispose();
    this.checks.dispose();
    this.countdown.dispose();
    this.wheel.dispose();
    this.connection.dispose();
    this.delivery.dispose();
    this.record.dispose();
    this.people.dispose();
  }
}
