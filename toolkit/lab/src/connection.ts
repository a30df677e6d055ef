// The state of the connection to the server, and the time of its loss.
import type { ICollaborativeContentProvider } from '@jupyter/collaborative-drive';
import { Signal } from '@lumino/signaling';

const POLL_INTERVAL_MS = 500;

/** The member of docprovider's provider that its interface does not declare. */
interface Provider {
  readonly wsProvider?: { readonly wsconnected: boolean } | null;
}

export class Connection {
  readonly changed = new Signal<this, void>(this);
  private disconnectedAt: number | null = null;
  private provider: Provider | null = null;
  /** Before the first connection nothing can be lost: a slow page must not say "connected again". */
  private wasConnected = false;
  private readonly timer: number;

  constructor(
    private readonly drive: ICollaborativeContentProvider | null,
    private readonly notebook: string
  ) {
    // docprovider replaces the socket from time to time, so the state is polled: a listener would be lost.
    this.timer = window.setInterval(() => this.poll(), POLL_INTERVAL_MS);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    Signal.clearData(this);
  }

  /** The time (ms) of the loss of the connection; null while connected. */
  get lostSince(): number | null {
    return this.disconnectedAt;
  }

  private poll(): void {
    const connected = this.connected();
    this.wasConnected ||= connected === true;
    const lost = this.wasConnected && connected === false;
    if (lost === (this.disconnectedAt !== null)) return;
    this.disconnectedAt = lost ? Date.now() : null;
    this.changed.emit();
  }

  private connected(): boolean | null {
    // After a restart the server sends the notebook's path again; the drive takes that for a rename and drops the
    // provider. So a provider that was found once is kept.
    for (const [key, provider] of this.drive?.providers ?? [])
      if (key.endsWith(`:${this.notebook}`)) this.provider = provider as Provider;
    return this.provider?.wsProvider?.wsconnected ?? null;
  }
}
