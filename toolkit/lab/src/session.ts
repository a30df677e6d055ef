// The shared session of this page: one record, whoever is here, and the notebook that both are part of.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import type { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { SessionConfig } from './config';
import { Connection } from './connection';
import { Delivery } from './delivery';
import type { Source } from './model';
import { People } from './people';
import { SharedRecord } from './record';
import { Revival } from './revival';
import { Wheel } from './wheel';

export class Session implements Source {
  readonly record: SharedRecord;
  readonly delivery: Delivery;
  readonly people: People;
  readonly connection: Connection;
  readonly wheel: Wheel;
  private readonly revival: Revival;

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
    this.revival = new Revival(notebook, this.connection);
  }

  dispose(): void {
    this.revival.dispose();
    this.wheel.dispose();
    this.connection.dispose();
    this.delivery.dispose();
    this.record.dispose();
    this.people.dispose();
  }
}
