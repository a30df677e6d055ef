// Whether this page reaches the server: since when not, where it does not.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import { Signal } from '@lumino/signaling';

/** What docprovider's provider has beyond its interface. */
interface Provider {
  readonly wsProvider?: { readonly wsconnected: boolean } | null;
}

export class Connection {
  readonly changed = new Signal<this, void>(this);
  private disconnectedAt: number | null = null;
  private provider: Provider | null = null;
  private readonly timer: number;

  constructor(
    private readonly drive: ICollaborativeContentProvider | null,
    private readonly notebook: string
  ) {
    // The socket is exchanged for another one now and then, so it is looked at instead of listened to.
    this.timer = window.setInterval(() => this.poll(), 500);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    Signal.clearData(this);
  }

  /** The moment (ms) since when the server is out of reach; null while it is in reach. */
  get lostSince(): number | null {
    return this.disconnectedAt;
  }

  private poll(): void {
    const lost = this.connected() === false;
    if (lost === (this.disconnectedAt !== null)) return;
    this.disconnectedAt = lost ? Date.now() : null;
    this.changed.emit();
  }

  private connected(): boolean | null {
    // A server that starts anew says the notebook's path again, and the drive takes that for a new name and forgets
    // the provider: once found it is kept.
    for (const [key, provider] of this.drive?.providers ?? [])
      if (key.endsWith(`:${this.notebook}`)) this.provider = provider as Provider;
    return this.provider?.wsProvider?.wsconnected ?? null;
  }
}
