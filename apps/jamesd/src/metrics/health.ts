/** Whether the server does its work, for who asks whether to send it any. */
export class Health {
  #problem: string | undefined = "starting";
  #check: () => Promise<void> = async () => undefined;

  /** It listens. @param check throws when its database is of no use */
  ready(check: () => Promise<void>): void {
    this.#problem = undefined;
    this.#check = check;
  }

  /** It lets go of who is connected. */
  stop(): void {
    this.#problem = "stopping";
  }

  /** Why no work should be sent to it; undefined: it does its work. */
  async problem(): Promise<string | undefined> {
    if (this.#problem !== undefined) return this.#problem;
    try {
      await this.#check();
      return undefined;
    } catch {
      return "the database cannot be read or written";
    }
  }
}
