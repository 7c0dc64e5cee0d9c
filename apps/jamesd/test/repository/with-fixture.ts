import type { Repository } from "../../src/repository/repository.ts";

interface Fixture {
  readonly repository: Repository;
  dispose(): Promise<void>;
}

/** Makes tests of what is to be done with a fixture: each has one of its own, which is disposed of whatever comes. */
export function withFixture<F extends Fixture, A extends readonly unknown[]>(
  open: (...how: A) => Promise<F>,
) {
  return (work: (repository: Repository, fixture: F) => Promise<void>, ...how: A) =>
    async (): Promise<void> => {
      const fixture = await open(...how);
      try {
        await work(fixture.repository, fixture);
      } finally {
        await fixture.dispose();
      }
    };
}
