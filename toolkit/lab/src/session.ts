// The shared session of this page: one record, whoever is here, and the notebook that both are part of.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import type { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Checks } from './checks';
import type { SessionConfig } from './config';
import { Connection } from './connection';
import { Countdown } from './countdown';
import { Delivery } from './delivery';
import type { Source } from './model';
import { People } from './people';
import { SharedRecord } from './record';
import { Wheel } from './wheel';

export class Session implements Source {
  readonly record: SharedRecord;
  readonly delivery: Delivery;
  readonly people: People;
  readonly connection: Connection;
  readonly wheel: Wheel;
  readonly countdown: Countdown;
  private readonly checks: Checks;

  constructor(
    readonly config: SessionConfig,
    readonly notebook: NotebookPanel,
    drive: ICollaborativeContentProvider | null
  ) {
    const shared = notebook.context.model.sharedModel as YNotebook;
    this.people = new People(config, shared.awareness);
    this.record = new SharedRecord(shared.ydoc, this.people.me);
    this.delivery = new Delivery(this.record);
    this.connection = new Connection(drive, config.notebook);
    this.wheel = new Wheel(this.record, this.people);
    this.countdown = new Countdown(config, this.record);
    this.checks = new Checks(config, this.record, this.wheel, notebook);
  }

  dispose(): void {
    this.checks.dispose();
    this.countdown.dispose();
    this.wheel.dispose();
    this.connection.dispose();
    this.delivery.dispose();
    this.record.dispose();
    this.people.dispose();
  }
}
