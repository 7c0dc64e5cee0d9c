/** Whether the server does its work, for who asks whether to send it any. */
export class Health {
  #problem: string | undefined = "starting";
  #isAlive: () => Promise<boolean> = async () => true;

  /** It listens. @param isAlive whether its database answers */
  ready(isAlive: () => Promise<boolean>): void {
    this.#problem = undefined;
    this.#isAlive = isAlive;
  }

  /** It lets go of who is connected. */
  stop(): void {
    this.#problem = "stopping";
  }

  /** Why no work should be sent to it; undefined: it does its work. */
  async problem(): Promise<string | undefined> {
    if (this.#problem !== undefined) return this.#problem;
    return (await this.#isAlive()) ? undefined : "the database does not answer";
  }
}
